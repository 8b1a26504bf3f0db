import { expect, test } from "vitest";
import { ConfigError, readConfig } from "#src/platform/config.ts";

function mistakesOf(environment: Record<string, string>): readonly string[] {
  try {
    readConfig(environment);
  } catch (error) {
    if (error instanceof ConfigError) return error.mistakes;
    throw error;
  }
  return [];
}

test("a part is told which others it asks, all of them at once", () => {
  expect(mistakesOf({ VEZA_SERVICES: "gateway" })).toEqual([
    "VEZA_CHAT_URL is missing: gateway asks chat, and VEZA_SERVICES does not run it here",
    "VEZA_STREAM_URL is missing: gateway asks stream, and VEZA_SERVICES does not run it here",
  ]);
  expect(mistakesOf({ VEZA_SERVICES: "stream", VEZA_PUBLIC_URL: "ftp://somewhere" })).toHaveLength(1);
  expect(mistakesOf({ VEZA_SERVICES: "stream" })).toEqual([
    "VEZA_AUTH_URL is missing: stream asks auth, and VEZA_SERVICES does not run it here",
    "VEZA_CHAT_URL is missing: stream asks chat, and VEZA_SERVICES does not run it here",
  ]);
  expect(mistakesOf({ VEZA_SERVICES: "chat", VEZA_AUTH_URL: "gateway:8080" })).toHaveLength(1);
  expect(mistakesOf({ VEZA_SERVICES: "chat", VEZA_CLUSTER_SECRET: "short" })).toContain(
    "VEZA_CLUSTER_SECRET: has to have at least 32 characters",
  );
});

test("addresses of what runs here are no mistake, and not used: all processes may share one environment", () => {
  const shared = {
    VEZA_AUTH_URL: "http://gateway:8080",
    VEZA_CHAT_URL: "http://one:50051, http://other:50051/",
    VEZA_STREAM_URL: "https://stream.example",
    VEZA_NATS_URL: "nats://nats:4222",
    VEZA_DATABASE_URL: "postgres://veza@postgres/veza",
  };
  expect(readConfig(shared).elsewhere).toEqual({});
  expect(readConfig({ ...shared, VEZA_SERVICES: "gateway" }).elsewhere).toEqual({
    chat: ["http://one:50051", "http://other:50051"],
    stream: ["https://stream.example"],
  });
  expect(readConfig({ ...shared, VEZA_SERVICES: "chat" }).elsewhere).toEqual({
    auth: ["http://gateway:8080"],
    stream: ["https://stream.example"],
  });
});
