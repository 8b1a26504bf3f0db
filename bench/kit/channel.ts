/** Hands what is published to every subscriber, each reading at its own pace, as an application would write it. */
export interface Channel<Item> {
  publish(item: Item): void;
  subscribe(signal: AbortSignal): AsyncGenerator<Item>;
}

export function createChannel<Item>(): Channel<Item> {
  const subscribers = new Set<(item: Item) => void>();
  return {
    publish(item) {
      for (const subscriber of subscribers) subscriber(item);
    },
    async *subscribe(signal) {
      const waiting: Item[] = [];
      let wake = (): void => undefined;
      const take = (item: Item): void => {
        waiting.push(item);
        wake();
      };
      signal.addEventListener("abort", () => wake());
      subscribers.add(take);
      try {
        while (!signal.aborted) {
          const item = waiting.shift();
          if (item !== undefined) yield item;
          else {
            await new Promise<void>((resolve) => {
              wake = resolve;
            });
          }
        }
      } finally {
        subscribers.delete(take);
      }
    },
  };
}
