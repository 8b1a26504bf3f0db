import { useEffect, useState } from "preact/hooks";

/** Whether somebody looks at the page. */
export function useAttention(): boolean {
  const [isLooking, setLooking] = useState(isNow());
  useEffect(() => {
    const update = () => setLooking(isNow());
    const causes = ["focus", "blur"];
    for (const cause of causes) window.addEventListener(cause, update);
    document.addEventListener("visibilitychange", update);
    return () => {
      for (const cause of causes) window.removeEventListener(cause, update);
      document.removeEventListener("visibilitychange", update);
    };
  }, []);
  return isLooking;
}

const isNow = () => document.visibilityState === "visible" && document.hasFocus();
