import type { Part } from "../platform/config.ts";
import { type Neighbour, neighbours, partOf } from "../platform/config.ts";

/** What a service says on the bus that others listen to. What is said between processes of one service needs NATS. */
const said: Readonly<Record<Neighbour, readonly string[]>> = {
  auth: ["auth.>"],
  chat: ["chat.user.>", "chat.reopened"],
  stream: [],
};

/** What the services of these parts tell others, and what they hear from those that run elsewhere. */
export function crossingSubjects(parts: readonly Part[]): { says: string[]; hears: string[] } {
  const here = neighbours.filter((service) => parts.includes(partOf[service]));
  const elsewhere = neighbours.filter((service) => !here.includes(service));
  return { says: here.flatMap((service) => said[service]), hears: elsewhere.flatMap((service) => said[service]) };
}
