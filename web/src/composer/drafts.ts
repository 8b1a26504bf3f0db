import { signal } from "@preact/signals";

/** As many as somebody may have begun; beyond, the oldest is forgotten. */
const MOST = 100;
/** Kept once one pauses: storage is slow, and one writes letter by letter. */
const KEEP_AFTER_MS = 250;

export type Drafts = ReturnType<typeof createDrafts>;

/** What was begun and not sent, by place. It survives the tab, and is this person's alone. */
export function createDrafts({ userId, closing }: { userId: string; closing: AbortSignal }) {
  const storageKey = `veza.drafts.${userId}`;
  const texts = signal<ReadonlyMap<string, string>>(new Map(restored(storageKey)));
  let timer: ReturnType<typeof setTimeout> | undefined;

  function keep(): void {
    if (timer === undefined) return;
    clearTimeout(timer);
    timer = undefined;
    try {
      const all = [...texts.peek()];
      if (all.length === 0) localStorage.removeItem(storageKey);
      else localStorage.setItem(storageKey, JSON.stringify(all));
    } catch {
      // No storage, or a full one: a draft is lost with the page.
    }
  }

  // Another tab may have begun something else meanwhile.
  const onStorage = ({ key }: StorageEvent) => {
    if (key === storageKey && timer === undefined) texts.value = new Map(restored(storageKey));
  };
  window.addEventListener("storage", onStorage, { signal: closing });
  window.addEventListener("pagehide", keep, { signal: closing });
  closing.addEventListener("abort", keep);

  return {
    /** Empty for nothing. */
    of: (place: string): string => texts.value.get(place) ?? "",
    peek: (place: string): string => texts.peek().get(place) ?? "",

    set(place: string, text: string): void {
      const next = new Map(texts.peek());
      next.delete(place);
      if (text.trim() !== "") next.set(place, text);
      for (const oldest of next.keys()) {
        if (next.size <= MOST) break;
        next.delete(oldest);
      }
      texts.value = next;
      timer ??= setTimeout(keep, KEEP_AFTER_MS);
    },

    clear(): void {
      texts.value = new Map();
      timer ??= setTimeout(keep);
      keep();
    },
  };
}

function restored(storageKey: string): [place: string, text: string][] {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(storageKey) ?? "[]");
    return Array.isArray(kept)
      ? kept.filter((each) => typeof each?.[0] === "string" && typeof each[1] === "string")
      : [];
  } catch {
    return [];
  }
}
