/** The console as it is now, built once before any of its tests. */
export async function setup(): Promise<void> {
  await import("../../web/build-if-stale.ts");
}
