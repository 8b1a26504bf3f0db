import { expect, test } from "vitest";
import { startApp, type TestApp } from "../kit/app.ts";
import { createCuttingProxy, freePort } from "../kit/cutting-proxy.ts";
import { expectSaid, said, say, screenshot } from "./browser.ts";
import { openConsole } from "./console-kit.ts";

const house = openConsole();

test("a connection that is cut over and over shows every message once, in order", async () => {
  await using wire = await createCuttingProxy(Number(new URL(house.app.gateway).port));
  const [alice, bob, { roomId }] = await house.arriveTogether({ second: wire.url });
  const texts = Array.from({ length: 40 }, (_, index) => `message ${index + 1}`);
  for (const [index, content] of texts.entries()) {
    await alice.chat.sendMessage({ roomId, content, requestId: `cut-${index}` });
    if (index % 4 === 0) wire.cut(1, () => 0);
  }
  await expectSaid(bob, texts);
});

test("a lost network loses and doubles nothing, on either side", async () => {
  await using wire = await createCuttingProxy(Number(new URL(house.app.gateway).port));
  const [alice, bob] = await house.arriveTogether({ second: wire.url });
  await say(alice, "one");
  await expectSaid(bob, ["one"]);

  // Offline, Chromium makes no new connections but keeps those it has: those are cut by hand.
  await bob.context.setOffline(true);
  expect(wire.cut(1, () => 0)).toBeGreaterThan(0);
  await say(bob, "two, without a network");
  await say(bob, "three, without a network");
  await bob.page.getByText("Not sent yet").first().waitFor();
  await say(alice, "four");
  await say(alice, "five");
  await expectSaid(alice, ["one", "four", "five"]);
  await bob.page.getByText("You are offline").waitFor();
  expect(await said(bob)).toEqual(["one", "two, without a network", "three, without a network"]);
  await screenshot(bob, "console-offline");
  await bob.context.setOffline(false);

  const all = ["one", "four", "five", "two, without a network", "three, without a network"];
  await expectSaid(bob, all);
  await expectSaid(alice, all);
  await bob.page.reload();
  await expectSaid(bob, all);
});

test("a restart of the server loses and doubles nothing", async () => {
  const port = String(await freePort());
  const env = { VEZA_HTTP_PORT: port };
  const before = await startApp({ env });
  const { dataDir } = before;
  let after: TestApp | undefined;
  try {
    const [alice, bob] = await house.arriveTogether({ gateway: before.gateway });
    await say(alice, "before");
    await expectSaid(bob, ["before"]);
    await before.app.stop();
    await say(bob, "meanwhile");
    await bob.page.getByText("Not sent yet").waitFor();
    await alice.page
      .getByText(/Reconnecting/)
      .first()
      .waitFor();

    after = await startApp({ env, dataDir });
    await expectSaid(alice, ["before", "meanwhile"]);
    await say(alice, "after");
    await expectSaid(bob, ["before", "meanwhile", "after"]);
    await expect.poll(() => alice.page.getByText("Live", { exact: true }).isVisible()).toBe(true);
  } finally {
    await after?.[Symbol.asyncDispose]();
    await before[Symbol.asyncDispose]();
  }
}, 60_000);

test("what was written without a network survives a reload", async () => {
  const [alice, bob] = await house.arriveTogether();
  await bob.context.route("**/veza.chat.v1.ChatService/SendMessage", (route) => route.abort());
  await say(bob, "kept");
  await bob.page.getByText("Not sent yet").waitFor();
  await bob.context.unroute("**/veza.chat.v1.ChatService/SendMessage");
  await bob.page.reload();
  await expectSaid(bob, ["kept"]);
  await expectSaid(alice, ["kept"]);
});
