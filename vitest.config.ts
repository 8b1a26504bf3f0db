import { defineConfig } from "vitest/config";

/** Tests start real servers: each has time to spare on a busy machine. */
const patience = { testTimeout: 60_000, hookTimeout: 60_000 };

const project = (name: string, folders: readonly string[]) => ({
  test: { name, include: folders.map((folder) => `tests/${folder}/**/*.test.ts`), ...patience },
});

export default defineConfig({
  test: {
    maxWorkers: 2,
    projects: [
      // What Node alone can run: this is `npm test`.
      project("unit", ["unit"]),
      project("rpc", ["rpc"]),
      project("system", ["contract", "system"]),
      // What also needs Chromium, or curl, buf and Python's gRPC.
      project("browser", ["e2e"]),
      project("clients", ["clients"]),
      // What also needs Prometheus.
      project("operations", ["operations"]),
    ],
  },
});
