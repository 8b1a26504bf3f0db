import { type Client, createClient } from "@connectrpc/connect";
import type { Browser, BrowserContextOptions } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect } from "vitest";
import { AuthService } from "#gen/veza/auth/v1/auth_service_pb.ts";
import { ChatService } from "#gen/veza/chat/v1/chat_service_pb.ts";
import { createNodeTransport } from "#src/client/node.ts";
import { createSession, type Session } from "#src/client/session.ts";
import { createMemoryStorage, type TokenStorage } from "#src/client/token-storage.ts";
import { startApp, type TestApp } from "../kit/app.ts";
import { arrived, launchBrowser, passwordOf, type Visitor, visit } from "./browser.ts";

/** Somebody at the console, who could also call the service without it. */
export interface Guest extends Visitor {
  readonly chat: Client<typeof ChatService>;
  readonly auth: Client<typeof AuthService>;
  readonly session: Session;
  readonly userId: string;
}

export interface Room {
  readonly roomId: string;
  readonly url: string;
}

interface Together {
  /** Where the app is reached; this file's own one when not said. */
  readonly gateway?: string;
  /** Where the second of the two reaches it. */
  readonly second?: string;
  readonly options?: BrowserContextOptions;
}

/**
 * A real app and a real browser for the tests of a file. After each test everybody leaves, and no page may have
 * complained of anything.
 */
export function openConsole() {
  let app: TestApp;
  let browser: Browser;
  let count = 0;
  const visitors: Visitor[] = [];

  beforeAll(async () => {
    [app, browser] = await Promise.all([startApp(), launchBrowser()]);
    // The first account of all is an administrator, which nobody in these tests shall be by chance.
    await signUp(app.gateway, "root");
  }, 60_000);

  afterEach(async () => {
    const complaints = visitors.flatMap((visitor) => visitor.complaints);
    await Promise.all(visitors.splice(0).map(({ context }) => context.close()));
    expect(complaints, "what the browser complained about").toEqual([]);
  });

  afterAll(async () => {
    await browser?.close();
    await app?.[Symbol.asyncDispose]();
  });

  async function come(name: string, gateway: string, options: BrowserContextOptions = {}): Promise<Guest> {
    const fullName = `${name}-${++count}`;
    const { session, storage } = await signUp(gateway, fullName);
    const origins = [
      { origin: gateway, localStorage: [{ name: "veza.session", value: JSON.stringify(storage.read()) }] },
    ];
    const visitor = await visit(browser, gateway, fullName, { ...options, storageState: { cookies: [], origins } });
    visitors.push(visitor);
    return {
      ...visitor,
      session,
      userId: session.account()?.userId ?? "",
      chat: createClient(ChatService, session.transport),
      auth: createClient(AuthService, session.transport),
    };
  }

  return {
    get app(): TestApp {
      return app;
    },

    /** A browser of somebody who is not signed in. */
    async visit(name: string, options: BrowserContextOptions = {}): Promise<Visitor> {
      const visitor = await visit(browser, app.gateway, name, options);
      visitors.push(visitor);
      return visitor;
    },

    /** A name that nobody else has. */
    newName: (name: string): string => `${name}-${++count}`,

    /** Somebody new, signed in and at the console. */
    async arrive(name: string, options: BrowserContextOptions = {}, gateway = app.gateway): Promise<Guest> {
      const guest = await come(name, gateway, options);
      await arrived(guest.page).or(guest.page.getByRole("navigation")).first().waitFor();
      return guest;
    },

    /** Two people who look at one room, of which the first is the owner. */
    async arriveTogether(together: Together = {}): Promise<[alice: Guest, bob: Guest, room: Room]> {
      const { gateway = app.gateway, second = gateway, options = {} } = together;
      const [alice, bob] = await Promise.all([come("alice", gateway, options), come("bob", second, options)]);
      const { room } = await alice.chat.createRoom({ name: `Room of ${alice.name}` });
      const roomId = room?.id ?? "";
      await bob.chat.joinRoom({ roomId });
      const path = `/rooms/${roomId}`;
      await Promise.all([enter(alice.page, gateway + path), enter(bob.page, second + path)]);
      return [alice, bob, { roomId, url: gateway + path }];
    },
  };
}

/** Opens a room and waits until what happens in it is seen. */
export async function enter(page: Visitor["page"], url: string): Promise<void> {
  await page.goto(url);
  await page.getByRole("textbox", { name: /^Message / }).waitFor();
  await page.getByText("Live", { exact: true }).waitFor({ state: "attached" });
}

async function signUp(gateway: string, name: string): Promise<{ session: Session; storage: TokenStorage }> {
  const storage = createMemoryStorage();
  const session = createSession({
    storage,
    transportFor: (interceptors) =>
      createNodeTransport({ protocol: "connect", httpVersion: "1.1", baseUrl: gateway, interceptors }),
  });
  await session.register({ username: name, email: `${name}@example.org`, password: passwordOf(name) });
  return { session, storage };
}
