/** First found, first served: later browsers name earlier ones too. */
const BROWSERS = ["Firefox", "Edg", "OPR", "Chrome", "Safari"] as const;
const SYSTEMS = ["Android", "iPhone", "iPad", "Windows", "Mac OS", "CrOS", "Linux"] as const;

const SPELLED: Partial<Record<string, string>> = { Edg: "Edge", OPR: "Opera", "Mac OS": "macOS", CrOS: "ChromeOS" };

/** A browser's own long name in short: “Firefox on Linux”. Others are shown as they name themselves. */
export function deviceOf(userAgent: string): string {
  if (userAgent === "") return "Unknown client";
  const browser = BROWSERS.find((name) => userAgent.includes(`${name}/`));
  const system = SYSTEMS.find((name) => userAgent.includes(name));
  if (browser === undefined || system === undefined) return userAgent;
  return `${SPELLED[browser] ?? browser} on ${SPELLED[system] ?? system}`;
}
