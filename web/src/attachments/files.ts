/** Pictures kept ready; the last used is the last. */
const MOST_KEPT = 120;

export type Files = ReturnType<typeof createFiles>;

/**
 * Files of messages. They are fetched with the person's token and shown from memory: an address that carries a token
 * would end up in histories and logs.
 */
export function createFiles(needs: { accessToken: () => Promise<string | undefined>; closing: AbortSignal }) {
  const kept = new Map<string, Promise<string>>();

  async function fetchFile(url: string): Promise<Response> {
    const token = await needs.accessToken();
    const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
    // By its path: whoever follows a proxy's other name stays on this one.
    const { pathname, search } = new URL(url, location.origin);
    const response = await fetch(pathname + search, { headers, signal: needs.closing });
    if (!response.ok) throw new Error(await complaintOf(response));
    return response;
  }

  async function load(url: string): Promise<string> {
    return URL.createObjectURL(await (await fetchFile(url)).blob());
  }

  function letGo(): void {
    for (const [url, address] of kept) {
      if (kept.size <= MOST_KEPT) return;
      kept.delete(url);
      address.then(
        (blob) => URL.revokeObjectURL(blob),
        () => {},
      );
    }
  }

  return {
    /** An address in memory for a file of the service. Rejects when it cannot be had. */
    address(url: string): Promise<string> {
      const found = kept.get(url) ?? load(url);
      kept.delete(url);
      kept.set(url, found);
      found.catch(() => kept.delete(url));
      letGo();
      return found;
    },

    /** Saves something of the service as a file of the person's. */
    async save(url: string, filename: string): Promise<void> {
      const address = await load(url);
      const link = document.createElement("a");
      link.href = address;
      link.download = filename;
      link.click();
      // The browser has taken it by then.
      setTimeout(() => URL.revokeObjectURL(address), 60_000);
    },
  };
}

/** The service's own sentence, where it is one that answers. */
async function complaintOf(response: Response): Promise<string> {
  const answer = (await response.json().catch(() => ({}))) as { error?: string };
  return answer.error ?? "the file cannot be had right now: try again";
}
