const KEY = "veza.drafts";

/** What was begun and not sent, by place. It survives a reload, in this tab. */
export const drafts = {
  get: (place: string): string => read()[place] ?? "",
  set(place: string, text: string): void {
    const { [place]: _, ...others } = read();
    write(text === "" ? others : { ...others, [place]: text });
  },
  clear: (): void => write({}),
};

function read(): Record<string, string> {
  try {
    return JSON.parse(sessionStorage.getItem(KEY) ?? "{}") as Record<string, string>;
  } catch {
    return {};
  }
}

function write(all: Record<string, string>): void {
  try {
    sessionStorage.setItem(KEY, JSON.stringify(all));
  } catch {
    // No storage, or a full one: a draft is lost with the page.
  }
}
