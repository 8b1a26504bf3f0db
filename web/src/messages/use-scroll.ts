import type { RefObject } from "preact";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";

/** As near to the end counts as at the end. */
const NEAR_PX = 48;

export interface Scroll {
  readonly isAtEnd: boolean;
  toEnd(): void;
  /** Brings something of the list into sight; the reader stays there. */
  toElement(element: HTMLElement, at: "start" | "center"): void;
}

/**
 * Keeps a growing list where its reader is: at the end, if they are there; else where they are, whatever comes in above
 * or below. The browser's own scroll anchoring would do in part, and not in every browser.
 * @param isWhole whether the end of the list is the end of all there is: only there a reader is kept at the end
 */
export function useScroll(
  box: RefObject<HTMLElement | null>,
  list: RefObject<HTMLElement | null>,
  isWhole: boolean,
): Scroll {
  const [isAtEnd, setAtEnd] = useState(true);
  const isStuck = useRef(true);
  const sticks = useRef(isWhole);
  sticks.current = isWhole;
  /** The first message in sight, and where it was. */
  const anchor = useRef<{ element: HTMLElement; top: number } | undefined>(undefined);
  /** Where the list stood when it was last looked at. */
  const seen = useRef({ top: 0, height: 0 });

  function measure(): void {
    const { scrollTop = 0, scrollHeight = 0 } = box.current ?? {};
    seen.current = { top: scrollTop, height: scrollHeight };
    // A message, never the line of a day: what comes in above takes its place below that line.
    const element = firstBelow(list.current?.querySelectorAll<HTMLElement>(":scope > .message"), scrollTop);
    anchor.current = element && { element, top: element.offsetTop };
  }

  function stick(): void {
    if (isStuck.current && sticks.current && box.current !== null) box.current.scrollTop = box.current.scrollHeight;
  }

  /** The reader has just begun to scroll up, and the event that tells so is still to come. */
  function isLeaving({ scrollTop, scrollHeight, clientHeight }: HTMLElement): boolean {
    const { top, height } = seen.current;
    return scrollHeight >= height && scrollTop < top && height - scrollTop - clientHeight >= NEAR_PX;
  }

  // After every rendering, before it is painted.
  useLayoutEffect(() => {
    const before = anchor.current;
    if (box.current !== null && isLeaving(box.current)) isStuck.current = false;
    if (isStuck.current && sticks.current) stick();
    else if (before?.element.isConnected && box.current !== null) {
      box.current.scrollTop += before.element.offsetTop - before.top;
    }
    measure();
  });

  useEffect(() => {
    const element = box.current;
    const content = list.current;
    if (element === null || content === null) return;
    const onScroll = () => {
      isStuck.current = element.scrollHeight - element.scrollTop - element.clientHeight < NEAR_PX;
      setAtEnd(isStuck.current);
      measure();
    };
    // A keyboard that slides in, a composer that grows, a narrower window.
    const resizes = new ResizeObserver(() => {
      stick();
      measure();
    });
    resizes.observe(element);
    resizes.observe(content);
    element.addEventListener("scroll", onScroll, { passive: true });
    return () => {
      resizes.disconnect();
      element.removeEventListener("scroll", onScroll);
    };
  }, []);

  return {
    isAtEnd,
    toEnd() {
      isStuck.current = true;
      setAtEnd(true);
      stick();
    },
    toElement(element, at) {
      isStuck.current = false;
      element.scrollIntoView({ block: at });
      measure();
    },
  };
}

/** The first of a column that ends below some height, found by halving: they are many, and asked of often. */
function firstBelow(column: ArrayLike<HTMLElement> = [], height: number): HTMLElement | undefined {
  let [low, high] = [0, column.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    const { offsetTop, offsetHeight } = column[middle] as HTMLElement;
    if (offsetTop + offsetHeight > height) high = middle;
    else low = middle + 1;
  }
  return column[low];
}
