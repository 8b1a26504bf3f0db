import { useEffect, useRef } from "preact/hooks";

/**
 * Where one goes, the focus goes: what had it may be gone, above all on a phone, where the list makes room for what is
 * open. A composer that takes the focus by itself keeps it.
 */
export function useFocusOnNavigation(place: string): void {
  const isFirst = useRef(true);
  useEffect(() => {
    if (isFirst.current) {
      isFirst.current = false;
      return;
    }
    const isLost = document.activeElement === null || document.activeElement === document.body;
    if (!isLost) return;
    const targets = [...document.querySelectorAll<HTMLElement>("main, nav")];
    targets.find((target) => target.checkVisibility())?.focus();
  }, [place]);
}
