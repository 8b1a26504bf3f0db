import { Empty } from "../ui/empty.tsx";
import { Link } from "./link.tsx";
import { paths } from "./router.ts";

export function UnknownPage() {
  return (
    <Empty isPage icon="warning" title="There is nothing at this address" text="The link may be incomplete.">
      <Link to={paths.home} class="button button-primary">
        Go to the start
      </Link>
    </Empty>
  );
}
