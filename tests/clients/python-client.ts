import { type Answer, followTool, type Json, jsonValues, type OutsideClient, type Target } from "./outside-client.ts";
import { need, run, start } from "./tools.ts";

/** Debian's, where `apt-get install python3-grpcio` puts its modules; others on the PATH do not see them. */
export const pythonPath = "/usr/bin/python3";

const script = new URL("grpc_client.py", import.meta.url).pathname;

export async function needPythonGrpc(): Promise<void> {
  const probe = ["-c", "import grpc, google.protobuf"];
  await need("gRPC for Python", "python3-grpcio python3-protobuf", pythonPath, probe);
}

/** gRPC for Python, on gRPC's C core. */
export async function createPython(descriptors: string): Promise<OutsideClient> {
  await needPythonGrpc();
  const args = ({ address, token, ca }: Target, method: string) => [
    script,
    descriptors,
    new URL(address).host,
    method,
    ...(token === undefined ? [] : ["--token", token]),
    ...(ca === undefined ? [] : ["--ca", ca]),
  ];
  async function ask(target: Target, method: string, request: Json): Promise<Json> {
    const { code, stdout, stderr } = await run(pythonPath, args(target, method), { input: JSON.stringify(request) });
    if (code !== 0) throw new Error(`python ended with ${code}: ${stderr}`);
    return JSON.parse(stdout.toString()) as Json;
  }

  return {
    async call(target, method, request): Promise<Answer> {
      const answer = await ask(target, method, request);
      return answer.failed === undefined ? { ok: answer } : (answer as { failed: { code: string; reason: string } });
    },

    follow(target, method, request) {
      const parse = jsonValues();
      const tool = start(pythonPath, args(target, method), { input: JSON.stringify(request) });
      const following = followTool(tool, (chunk) => {
        const values = parse(chunk);
        const failed = values.find((value) => value.failed !== undefined);
        if (failed !== undefined) following.end(`the stream failed: ${JSON.stringify(failed)}`);
        return values.filter((value) => value.failed === undefined);
      });
      return following;
    },

    async listServices(target, version) {
      const method = `grpc.reflection.${version}.ServerReflection/ServerReflectionInfo`;
      const { listServicesResponse } = await ask(target, method, { listServices: "*" });
      return (listServicesResponse as { service: { name: string }[] }).service.map(({ name }) => name);
    },
  };
}
