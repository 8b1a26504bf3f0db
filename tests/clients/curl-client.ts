import { envelope, envelopes } from "./envelopes.ts";
import { type Answer, failureIn, followTool, type Json, type OutsideClient, type Target } from "./outside-client.ts";
import { need, run, start } from "./tools.ts";

export type HttpVersion = "--http1.1" | "--http2" | "--http2-prior-knowledge";

/** Methods that Connect clients may call by GET: the contract marks them as reads. */
const isRead = (method: string) => /\/(Get|List|Search)[A-Z]/.test(method);

/** curl, speaking the Connect protocol in JSON: POST for writes, GET for reads, envelopes for streams. */
export async function createCurl(version: HttpVersion): Promise<OutsideClient> {
  await need("curl with HTTP/2", "curl", "curl", [version, "--version"]);
  const always = ({ address, token, ca }: Target, method: string) => [
    "-sS",
    "--max-time",
    "50",
    version,
    ...(ca === undefined ? [] : ["--cacert", ca]),
    ...(token === undefined ? [] : ["-H", `authorization: Bearer ${token}`]),
    `${address}/${method}`,
  ];
  const streamed = ["-N", "-H", "content-type: application/connect+json", "--data-binary", "@-"];

  return {
    async call(target, method, request): Promise<Answer> {
      const how = isRead(method)
        ? ["-G", "-d", "connect=v1", "-d", "encoding=json", "--data-urlencode", "message@-"]
        : ["-H", "content-type: application/json", "--data-binary", "@-"];
      const { code, stdout, stderr } = await run(
        "curl",
        [...always(target, method), ...how, "-w", "%{stderr}%{http_code} %{http_version}"],
        { input: JSON.stringify(request) },
      );
      if (code !== 0) throw new Error(`curl ended with ${code}: ${stderr}`);
      const [status, spoken] = stderr.split(" ");
      if (spoken !== (version === "--http1.1" ? "1.1" : "2")) throw new Error(`curl spoke HTTP/${spoken}`);
      const body = JSON.parse(stdout.toString()) as Json;
      return status === "200" ? { ok: body } : { failed: failureIn(body) };
    },

    follow(target, method, request) {
      const tool = start("curl", [...always(target, method), ...streamed], {
        input: envelope(Buffer.from(JSON.stringify(request))),
      });
      const parse = envelopes();
      const following = followTool(tool, (chunk) => {
        for (const { isEnd, bytes } of parse(chunk)) {
          const message = JSON.parse(bytes.toString()) as Json;
          if (isEnd) following.end(`the stream ended: ${JSON.stringify(message)}`);
          else following.push(message);
        }
        return [];
      });
      return following;
    },

    async listServices(target, reflection) {
      // Reflection is a stream both ways, which HTTP/1.1 does not carry.
      const args = always(target, `grpc.reflection.${reflection}.ServerReflection/ServerReflectionInfo`).map((arg) =>
        arg === "--http1.1" ? "--http2-prior-knowledge" : arg,
      );
      const input = envelope(Buffer.from(JSON.stringify({ listServices: "*" })));
      const { stdout } = await run("curl", [...args, ...streamed], { input });
      const [first] = envelopes()(stdout);
      const response = JSON.parse(String(first?.bytes)) as { listServicesResponse: { service: { name: string }[] } };
      return response.listServicesResponse.service.map(({ name }) => name);
    },
  };
}
