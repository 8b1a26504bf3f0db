import { useEffect, useState } from "preact/hooks";
import { useWorkspace } from "../app/use-workspace.ts";

export interface FileState {
  readonly state: "loading" | "ready" | "failed";
  /** An address in memory, once it is there. */
  readonly address?: string;
}

const LOADING: FileState = { state: "loading" };

/** A file of the service, to be shown. */
export function useFile(url: string): FileState {
  const { files } = useWorkspace();
  const [found, setFound] = useState<FileState>(LOADING);
  useEffect(() => {
    let isWanted = true;
    setFound(LOADING);
    files.address(url).then(
      (address) => isWanted && setFound({ state: "ready", address }),
      () => isWanted && setFound({ state: "failed" }),
    );
    return () => {
      isWanted = false;
    };
  }, [url]);
  return found;
}
