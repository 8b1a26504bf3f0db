import { expect, test } from "vitest";
import { composer, expectSaid, message, say } from "./browser.ts";
import { openConsole } from "./console-kit.ts";

const house = openConsole();

/** A picture of some size, drawn in the page itself. */
async function drawPicture(page: import("playwright-core").Page): Promise<Buffer> {
  const text = await page.evaluate(() => {
    const canvas = document.createElement("canvas");
    canvas.width = 640;
    canvas.height = 480;
    const pencil = canvas.getContext("2d") as CanvasRenderingContext2D;
    pencil.fillStyle = "#c0392b";
    pencil.fillRect(0, 0, 640, 480);
    return canvas.toDataURL("image/png").split(",")[1] ?? "";
  });
  return Buffer.from(text, "base64");
}

test("a picture and a file: chosen, sent without words, looked at and saved by the other", async () => {
  const [alice, bob] = await house.arriveTogether();
  await alice.page.getByLabel("Files to add").setInputFiles([
    { name: "tomato.png", mimeType: "image/png", buffer: await drawPicture(alice.page) },
    { name: "seeds.csv", mimeType: "text/csv", buffer: Buffer.from("sort,number\nSan Marzano,40\n") },
  ]);
  const list = alice.page.getByRole("list", { name: "Files to send" });
  await expect.poll(() => list.getByRole("listitem").count()).toBe(2);
  await expect.poll(() => list.locator(".upload-sent").count()).toBe(2);
  await composer(alice.page).press("Enter");
  await list.waitFor({ state: "detached" });

  const picture = bob.page.getByRole("button", { name: "Look at tomato.png" });
  await expect
    .poll(() =>
      picture.locator("img").evaluate((image: HTMLImageElement) => [image.naturalWidth > 0, image.src.slice(0, 5)]),
    )
    .toEqual([true, "blob:"]);
  await picture.click();
  const dialog = bob.page.getByRole("dialog", { name: "tomato.png" });
  await expect.poll(() => dialog.locator("img").evaluate((image: HTMLImageElement) => image.naturalWidth)).toBe(640);
  await bob.page.keyboard.press("Escape");

  const download = bob.page.waitForEvent("download");
  await bob.page.getByRole("button", { name: /seeds\.csv/ }).click();
  expect((await download).suggestedFilename()).toBe("seeds.csv");
});

test("pictures are pasted and dropped, and can be thought better of", async () => {
  const [alice, bob] = await house.arriveTogether();
  const picture = (await drawPicture(alice.page)).toString("base64");
  await composer(alice.page).evaluate(transfer, { kind: "paste", name: "pasted.png", picture });
  await composer(alice.page).evaluate(transfer, { kind: "dragenter", name: "dropped.png", picture });
  await alice.page.getByText("Drop files to add them").waitFor();
  await composer(alice.page).evaluate(transfer, { kind: "drop", name: "dropped.png", picture });
  const list = alice.page.getByRole("list", { name: "Files to send" });
  await expect.poll(() => list.locator(".upload-sent").count()).toBe(2);
  await list.getByRole("button", { name: "Remove pasted.png" }).click();
  await say(alice, "Look at this");
  await expectSaid(bob, ["Look at this"]);
  await message(bob, "Look at this").getByRole("button", { name: "Look at dropped.png" }).waitFor();
  expect(await bob.page.getByRole("button", { name: "Look at pasted.png" }).count()).toBe(0);
});

test("a file that does not get through says so, and is sent again", async () => {
  const [alice, bob] = await house.arriveTogether();
  await alice.context.route("**/files?*", (route) => route.abort());
  await alice.page
    .getByLabel("Files to add")
    .setInputFiles({ name: "notes.txt", mimeType: "text/plain", buffer: Buffer.from("water on Monday") });
  const list = alice.page.getByRole("list", { name: "Files to send" });
  await list.getByText("The server cannot be reached").waitFor();
  await alice.context.unroute("**/files?*");
  await list.getByRole("button", { name: "Try again" }).click();
  await list.locator(".upload-sent").waitFor();
  await say(alice, "My notes");
  await message(bob, "My notes")
    .getByRole("button", { name: /notes\.txt/ })
    .waitFor();
});

// Runs in the page: what a person's hand would bring there.
function transfer(target: Element, { kind, name, picture }: { kind: string; name: string; picture: string }): void {
  const bytes = Uint8Array.from(atob(picture), (letter) => letter.charCodeAt(0));
  const data = new DataTransfer();
  data.items.add(new File([bytes], name, { type: "image/png" }));
  const options = { bubbles: true, cancelable: true };
  target.dispatchEvent(
    kind === "paste"
      ? new ClipboardEvent("paste", { ...options, clipboardData: data })
      : new DragEvent(kind, { ...options, dataTransfer: data }),
  );
}
