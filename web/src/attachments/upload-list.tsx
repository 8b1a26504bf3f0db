import { useWorkspace } from "../app/use-workspace.ts";
import { sentenceOfProblem } from "../text/sentences.ts";
import { sizeText } from "../text/sizes.ts";
import { IconButton } from "../ui/button.tsx";
import { Icon } from "../ui/icon.tsx";
import type { Upload } from "./uploads.ts";

/** The files that go with what is being written. */
export function UploadList({ uploadKey }: { readonly uploadKey: string }) {
  const { uploads } = useWorkspace();
  const list = uploads.of(uploadKey);
  if (list.length === 0) return null;
  return (
    <ul class="uploads" aria-label="Files to send">
      {list.map((upload) => (
        <UploadItem key={upload.id} upload={upload} />
      ))}
    </ul>
  );
}

function UploadItem({ upload }: { readonly upload: Upload }) {
  const { uploads } = useWorkspace();
  const { name, size, preview, state, progress, problem } = upload;
  const share = Math.round(progress * 100);
  return (
    <li class={`upload upload-${state}`}>
      {preview === undefined ? (
        <span class="upload-icon">
          <Icon name="file" />
        </span>
      ) : (
        <img class="upload-picture" src={preview} alt="" />
      )}
      <div class="upload-words">
        <b title={name}>{name}</b>
        {state === "sending" && (
          <progress max={100} value={share} aria-label={`Sending ${name}`}>
            {share} %
          </progress>
        )}
        {state === "sent" && <span>{sizeText(size)}</span>}
        {state === "failed" && (
          <span role="alert">
            {problem === undefined ? "Not sent." : sentenceOfProblem(problem)}{" "}
            <button type="button" class="text-button" onClick={() => uploads.retry(upload)}>
              Try again
            </button>
          </span>
        )}
      </div>
      <IconButton icon="close" label={`Remove ${name}`} onClick={() => uploads.remove(upload)} />
    </li>
  );
}
