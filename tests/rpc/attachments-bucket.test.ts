import { expect, test } from "vitest";
import { startApp } from "../kit/app.ts";
import { getFile, picture, upload } from "../kit/files.ts";
import { person } from "../kit/people.ts";
import { startS3Server } from "../kit/s3-server.ts";

test("files are kept in a bucket, read from it in parts, and removed from it with their message", async () => {
  await using bucket = await startS3Server();
  await using app = await startApp({ env: { VEZA_FILES_URL: bucket.url } });
  const ada = await person(app, "ada");
  const { room } = await ada.chat.createRoom({ name: "a room" });
  const sent = await picture(300, 200);
  const { id } = await upload(app, ada, sent, "teal.png");
  expect([...bucket.objects.keys()].sort()).toEqual([`attachments/${id}`, `thumbnails/${id}`]);
  const roomId = room?.id ?? "";
  const { message } = await ada.chat.sendMessage({ roomId, content: "look", attachmentIds: [id] });

  const part = await getFile(app, ada, id, { range: "bytes=1-3" });
  expect([part.status, await part.text()]).toEqual([206, "PNG"]);
  const whole = await getFile(app, ada, id);
  expect(Buffer.from(await whole.arrayBuffer()).equals(Buffer.from(sent))).toBe(true);
  expect((await getFile(app, ada, `${id}/thumbnail`)).headers.get("content-type")).toBe("image/webp");

  await ada.chat.deleteMessage({ messageId: message?.id ?? "" });
  expect((await getFile(app, ada, id)).status).toBe(404);
  await expect.poll(() => bucket.objects.size, { timeout: 20_000, interval: 100 }).toBe(0);
});
