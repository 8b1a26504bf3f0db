import { useState } from "preact/hooks";
import type { Attachment } from "#gen/veza/chat/v1/message_pb.ts";
import { useWorkspace } from "../app/use-workspace.ts";
import { sizeText } from "../text/sizes.ts";
import { Icon } from "../ui/icon.tsx";
import { useAction } from "../ui/use-action.ts";
import { PictureDialog } from "./picture-dialog.tsx";
import { useFile } from "./use-file.ts";

/** The files that came with a message: pictures to look at, others to save. */
export function AttachmentList({ attachments }: { readonly attachments: readonly Attachment[] }) {
  if (attachments.length === 0) return null;
  return (
    <ul class="attachments" aria-label="Files">
      {attachments.map((attachment) => (
        <li key={attachment.id}>
          {attachment.thumbnailUrl === "" ? <FileCard attachment={attachment} /> : <Picture attachment={attachment} />}
        </li>
      ))}
    </ul>
  );
}

function Picture({ attachment }: { readonly attachment: Attachment }) {
  const [isOpen, setOpen] = useState(false);
  const small = useFile(attachment.thumbnailUrl);
  if (small.state === "failed") return <FileCard attachment={attachment} />;
  return (
    <>
      <button
        type="button"
        class="picture"
        aria-label={`Look at ${attachment.filename}`}
        title={attachment.filename}
        onClick={() => setOpen(true)}
      >
        <img src={small.address ?? NOTHING} alt={attachment.filename} {...sizeOf(attachment)} />
      </button>
      {isOpen && <PictureDialog attachment={attachment} onClose={() => setOpen(false)} />}
    </>
  );
}

/** An empty picture, of which the size is known: what stands below does not move when the real one comes. */
const NOTHING = "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg'/%3E";
/** As the style sheet bounds it. */
const MOST_WIDE = 400;
const MOST_HIGH = 256;

function sizeOf({ width, height }: Attachment): { readonly width?: number; readonly height?: number } {
  if (width === 0 || height === 0) return {};
  const scale = Math.min(1, MOST_WIDE / width, MOST_HIGH / height);
  return { width: Math.round(width * scale), height: Math.round(height * scale) };
}

function FileCard({ attachment }: { readonly attachment: Attachment }) {
  const { files } = useWorkspace();
  const { filename, size, url } = attachment;
  const [save, isBusy] = useAction(() => files.save(url, filename));
  return (
    <button type="button" class="file-card" aria-busy={isBusy} onClick={() => void save()}>
      <span class="upload-icon">{isBusy ? <span class="spinner" /> : <Icon name="file" />}</span>
      <span class="upload-words">
        <b title={filename}>{filename}</b>
        <span>
          {sizeText(size)}
          <span class="hidden">, save</span>
        </span>
      </span>
      <Icon name="download" />
    </button>
  );
}
