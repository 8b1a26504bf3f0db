import type { ComponentChild, FunctionComponent } from "preact";
import { useEffect, useState } from "preact/hooks";
import { Button } from "./button.tsx";
import { Empty } from "./empty.tsx";

/** A part of the console whose code is fetched when it is first shown. */
export function later<Props extends object = Record<never, never>>(
  load: () => Promise<FunctionComponent<Props>>,
  waiting: () => ComponentChild,
) {
  let loaded: FunctionComponent<Props> | undefined;
  return function Later(props: Props) {
    const [hasFailed, setFailed] = useState(false);
    const [, redraw] = useState(loaded !== undefined);
    const isMissing = loaded === undefined && !hasFailed;
    useEffect(() => {
      if (!isMissing) return;
      load().then(
        (found) => {
          loaded = found;
          redraw(true);
        },
        () => setFailed(true),
      );
    }, [isMissing]);
    if (hasFailed) {
      return (
        <Empty
          isPage
          icon="warning"
          title="This page could not be fetched"
          text="The connection may be lost, or the server was updated meanwhile."
        >
          <Button kind="primary" onClick={() => location.reload()}>
            Reload the page
          </Button>
        </Empty>
      );
    }
    const Part = loaded;
    return Part === undefined ? waiting() : <Part {...props} />;
  };
}
