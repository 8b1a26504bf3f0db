import { isTransient, type Problem } from "../../../src/client/index.ts";
import { Link } from "../app/link.tsx";
import { paths } from "../app/router.ts";
import { sentenceOfProblem } from "../text/sentences.ts";
import { Button } from "../ui/button.tsx";
import { Empty } from "../ui/empty.tsx";

/** A place that cannot be shown. */
export function RoomUnavailable({ problem, onRetry }: { readonly problem: Problem; readonly onRetry: () => void }) {
  const isHidden = problem.reason === "ROOM_NOT_FOUND";
  return (
    <Empty
      isPage
      icon="lock"
      title={isHidden ? "This room is not open to you" : "This cannot be shown right now"}
      text={
        isHidden
          ? "It does not exist, or it is private. If somebody told you of it, ask them for an invite link."
          : sentenceOfProblem(problem)
      }
    >
      {isTransient(problem) ? (
        <Button kind="primary" onClick={onRetry}>
          Try again
        </Button>
      ) : (
        <Link to={paths.home} class="button button-primary">
          Go to the start
        </Link>
      )}
    </Empty>
  );
}
