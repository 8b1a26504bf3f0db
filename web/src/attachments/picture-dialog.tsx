import type { Attachment } from "#gen/veza/chat/v1/message_pb.ts";
import { useWorkspace } from "../app/use-workspace.ts";
import { sizeText } from "../text/sizes.ts";
import { Button } from "../ui/button.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { useAction } from "../ui/use-action.ts";
import { useFile } from "./use-file.ts";

/** A picture as large as the window allows. */
export function PictureDialog({
  attachment,
  onClose,
}: {
  readonly attachment: Attachment;
  readonly onClose: () => void;
}) {
  const { files } = useWorkspace();
  const { filename, size, url } = attachment;
  const picture = useFile(url);
  const [save, isBusy] = useAction(() => files.save(url, filename));
  return (
    <Dialog title={filename} isWide onClose={onClose}>
      <div class="picture-stage">
        {picture.state === "loading" && <span class="spinner" role="status" aria-label="Loading the picture" />}
        {picture.state === "failed" && <p>The picture cannot be had right now.</p>}
        {picture.address !== undefined && <img src={picture.address} alt={filename} />}
      </div>
      <div class="dialog-actions">
        <Button icon="download" isBusy={isBusy} onClick={() => void save()}>
          Save, {sizeText(size)}
        </Button>
      </div>
    </Dialog>
  );
}
