import { execFileSync } from "node:child_process";
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/**
 * Fails when `gen/` is not what `proto/` generates, or `proto/contract.binpb` not what it says. Compares with what lies
 * in the tree, so that it also works before a commit.
 */
const run = (command: string, ...args: string[]) =>
  execFileSync(command, args, { stdio: ["ignore", "inherit", "inherit"] });
const before = mkdtempSync(join(tmpdir(), "veza-generated-"));
try {
  cpSync("gen", join(before, "gen"), { recursive: true });
  cpSync("proto/contract.binpb", join(before, "contract.binpb"));
  run("buf", "generate");
  run("buf", "build", "proto", "--exclude-source-info", "-o", join(before, "contract-now.binpb"));
  run("diff", "-r", "-q", join(before, "gen"), "gen");
  run("cmp", join(before, "contract.binpb"), join(before, "contract-now.binpb"));
  process.stdout.write("gen/ and proto/contract.binpb are what proto/ says\n");
} catch {
  process.stderr.write(
    "gen/ or proto/contract.binpb is stale: run `npm run generate` and `npm run contract`, and commit both\n",
  );
  process.exitCode = 1;
} finally {
  rmSync(before, { recursive: true, force: true });
}
