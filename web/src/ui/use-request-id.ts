import { useRef } from "preact/hooks";
import { newRequestId } from "../text/request-id.ts";

/** The id of a wish: the same wish keeps it, so that a second try after a lost answer makes nothing twice. */
export function useRequestId(): (wish: readonly unknown[]) => string {
  const attempt = useRef({ wish: "", requestId: "" });
  return (wish) => {
    const text = JSON.stringify(wish);
    if (attempt.current.wish !== text) attempt.current = { wish: text, requestId: newRequestId() };
    return attempt.current.requestId;
  };
}
