import { Icon } from "../ui/icon.tsx";
import { Link } from "./link.tsx";
import { paths } from "./router.ts";

/** On a phone, where the list and what is open share one screen. */
export function BackLink() {
  return (
    <Link to={paths.home} class="icon-button back-link" label="Back to the list">
      <Icon name="back" />
    </Link>
  );
}
