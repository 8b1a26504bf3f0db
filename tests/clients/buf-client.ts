import { tmpdir } from "node:os";
import {
  type Answer,
  failureIn,
  followTool,
  type Json,
  jsonValues,
  type OutsideClient,
  type Target,
} from "./outside-client.ts";
import { bufPath, need, run, start } from "./tools.ts";

export interface BufOptions {
  readonly protocol: "grpc" | "grpcweb" | "connect";
  /** A descriptor set; without it the contract comes by reflection, for which buf wants HTTP/2. */
  readonly schema?: string;
}

/** `buf curl`, which speaks all three protocols. */
export async function createBuf({ protocol, schema }: BufOptions): Promise<OutsideClient> {
  await need("buf", "npm, then npm ci", bufPath, ["--version"]);
  // Where no buf.yaml stands, so that the contract comes from the server.
  const cwd = tmpdir();
  const how = ({ ca, token }: Target) => [
    ...(schema === undefined && ca === undefined ? ["--http2-prior-knowledge"] : []),
    ...(schema === undefined ? [] : ["--schema", schema]),
    ...(ca === undefined ? [] : ["--cacert", ca]),
    ...(token === undefined ? [] : ["-H", `authorization: Bearer ${token}`]),
  ];
  const args = (target: Target, method: string) => [
    "curl",
    "--protocol",
    protocol,
    ...how(target),
    "-d",
    "@-",
    `${target.address}/${method}`,
  ];

  return {
    async call(target, method, request): Promise<Answer> {
      const { code, stdout, stderr } = await run(bufPath, args(target, method), {
        input: JSON.stringify(request),
        cwd,
      });
      if (code === 0) return { ok: JSON.parse(stdout.toString()) as Json };
      const [error] = jsonValues()(Buffer.from(stderr));
      if (error === undefined) throw new Error(`buf ended with ${code}: ${stderr}`);
      return { failed: failureIn(error) };
    },

    follow(target, method, request) {
      return followTool(start(bufPath, args(target, method), { input: JSON.stringify(request), cwd }), jsonValues());
    },

    async listServices(target, reflection) {
      const { ca } = target;
      const trust = ca === undefined ? ["--http2-prior-knowledge"] : ["--cacert", ca];
      const asked = ["curl", "--list-services", "--reflect-protocol", `grpc-${reflection}`, ...trust, target.address];
      const { code, stdout, stderr } = await run(bufPath, asked, { cwd });
      if (code !== 0) throw new Error(`buf ended with ${code}: ${stderr}`);
      return stdout.toString().trim().split("\n");
    },
  };
}
