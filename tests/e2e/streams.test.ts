import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createClient } from "@connectrpc/connect";
import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { AudioQuality } from "#gen/veza/stream/v1/audio_pb.ts";
import { StreamService } from "#gen/veza/stream/v1/stream_service_pb.ts";
import { createNodeSession } from "#src/client/node.ts";
import { startApp, type TestApp } from "../kit/app.ts";
import { createCuttingProxy, freePort } from "../kit/cutting-proxy.ts";
import { expectSaid, launchBrowser, passwordOf, register, say, screenshot, type Visitor, visit } from "./browser.ts";

let app: TestApp;
let folder: string;
/** One that speaks and one that listens: pages of one browser share its threads, and their sound would wait for each other. */
let speaking: Browser;
let hearing: Browser;
const visitors: Visitor[] = [];

/** What the fake microphone hears: a soft tone all the time, and a loud one that comes once in a while. */
const SOFT_HZ = 440;
const LOUD_HZ = 1000;
const LOUD_EVERY_S = 4;
const LOUD_S = 0.8;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "veza-sound-"));
  const file = join(folder, "microphone.wav");
  await writeFile(file, tones(LOUD_EVERY_S * 4));
  const awake = [
    "--autoplay-policy=no-user-gesture-required",
    "--disable-background-timer-throttling",
    "--disable-renderer-backgrounding",
    "--disable-backgrounding-occluded-windows",
  ];
  const microphone = [
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
    `--use-file-for-fake-audio-capture=${file}`,
  ];
  [app, speaking, hearing] = await Promise.all([
    startApp(),
    launchBrowser([...awake, ...microphone]),
    launchBrowser(awake),
  ]);
}, 90_000);

afterEach(async () => {
  const complaints = visitors.flatMap((visitor) => visitor.complaints);
  await Promise.all(visitors.splice(0).map(({ context }) => context.close()));
  expect(complaints, "what the browser complained about").toEqual([]);
});

afterAll(async () => {
  await Promise.all([speaking?.close(), hearing?.close()]);
  await app?.[Symbol.asyncDispose]();
  if (folder !== undefined) await rm(folder, { recursive: true, force: true });
});

let count = 0;

interface Arrival {
  readonly browser: Browser;
  readonly options?: Parameters<typeof visit>[3];
  /** What this browser shall not have. */
  readonly without?: readonly string[];
  readonly gateway?: string;
}

async function arrive(name: string, arrival: Arrival): Promise<Visitor> {
  const { browser, options = {}, without = [], gateway = app.gateway } = arrival;
  const visitor = await visit(browser, gateway, `${name}-${++count}`, options);
  visitors.push(visitor);
  await visitor.context.addInitScript(tap, without);
  await visitor.page.reload();
  await register(visitor);
  return visitor;
}

/** Makes a stream, and answers where it is. */
async function createStream({ page }: Visitor, title: string): Promise<string> {
  await page.getByRole("link", { name: /^(Streams|All streams)/ }).click();
  await page.getByRole("button", { name: "Create a stream" }).first().click();
  await page.getByLabel("Title").fill(title);
  await page.getByRole("button", { name: "Create stream" }).click();
  await page.getByRole("heading", { name: title }).waitFor();
  return page.url();
}

/** Somebody on air with the fake microphone. Answers where. */
async function goLive(visitor: Visitor, title: string): Promise<string> {
  const { page } = visitor;
  const url = await createStream(visitor, title);
  await page.getByRole("radio", { name: /Microphone/ }).check();
  await page.getByRole("button", { name: "Try the microphone" }).click();
  // What is taken for noise here is what is listened for.
  await page.getByRole("checkbox", { name: /Clear up my voice/ }).uncheck();
  await page.getByRole("button", { name: "Go live" }).click();
  await page.getByText("You are on air.", { exact: true }).waitFor();
  return url;
}

async function tuneIn({ page }: Visitor, url: string): Promise<void> {
  await page.goto(url);
  await page.getByRole("button", { name: /^Listen to/ }).click();
  await playing(page).waitFor({ timeout: 20_000 });
}

const playing = (page: Page) => page.getByRole("region", { name: "Player" }).getByText("Playing", { exact: true });

/** The loudest frequency of what comes out of the page, and how loud it is. */
const heardIn = (page: Page) => page.evaluate(() => window.veza.heard());

async function expectTone(page: Page): Promise<void> {
  await expect.poll(async () => (await heardIn(page)).rms, { timeout: 20_000 }).toBeGreaterThan(0.01);
  await expect
    .poll(async () => Math.round((await heardIn(page)).hz / 10) * 10, { timeout: 20_000 })
    .toSatisfy((hz: number) => Math.abs(hz - SOFT_HZ) <= 10 || Math.abs(hz - LOUD_HZ) <= 10);
}

async function apiOf({ name }: Visitor) {
  const session = createNodeSession({ protocol: "connect", httpVersion: "1.1", baseUrl: app.gateway });
  await session.signIn(name, passwordOf(name));
  return createClient(StreamService, session.transport);
}

const streamIdOf = (url: string) => new URL(url).pathname.split("/").at(-1) as string;

test("a microphone is heard in another browser, in every quality, after a reload, and in a recording", async () => {
  const alice = await arrive("alice", { browser: speaking });
  const bob = await arrive("bob", { browser: hearing });
  const url = await goLive(alice, "Two tones");
  const streamId = streamIdOf(url);
  await tuneIn(bob, url);
  await expectTone(bob.page);
  await alice.page.getByText("1 listener").first().waitFor();

  // Said, not asserted: how long it takes depends on what else this machine does.
  await bob.page.waitForTimeout(3 * LOUD_EVERY_S * 1000);
  const [spoken, heard] = await Promise.all([alice, bob].map(({ page }) => page.evaluate(() => window.veza.onsets())));
  const delays = (heard?.out ?? []).flatMap((at) => {
    const said = spoken?.in.findLast((each) => each <= at && at - each < LOUD_EVERY_S * 1000 - 200);
    return said === undefined ? [] : [Math.round(at - said)];
  });
  console.log(`from the microphone to the loudspeaker: ${delays.join(", ")} ms`);
  expect(delays.length, "loud tones that were heard").toBeGreaterThan(0);

  const api = await apiOf(bob);
  const words = await bob.page.evaluateHandle(collectWords);
  for (const [label, quality] of [
    ["Low, 64 kbit/s", AudioQuality.LOW],
    ["High, 256 kbit/s", AudioQuality.HIGH],
    ["Medium, 128 kbit/s", AudioQuality.MEDIUM],
    ["Best, 320 kbit/s", AudioQuality.ULTRA],
  ] as const) {
    await bob.page.getByLabel("Quality").selectOption(label);
    await expect
      .poll(async () => (await api.getListeners({ streamId })).listeners[0]?.actualQuality, { timeout: 15_000 })
      .toBe(quality);
    await expectTone(bob.page);
  }
  const said = await words.evaluate((all) => [...new Set(all)]);
  // A busy machine may be late with its sound; whoever connects anew has stopped.
  expect(
    said.filter((each) => each !== "Waiting for sound…"),
    "what the player said meanwhile",
  ).toEqual([]);
  const dry = await bob.page
    .getByText(/ran dry/)
    .textContent({ timeout: 500 })
    .catch(() => "");
  console.log(`after four changes of quality: ${dry || "never ran dry"}`);
  await bob.page.getByLabel("Quality").selectOption("Auto");

  await screenshot(bob, "stream-light-listening");
  await screenshot(alice, "stream-light-studio");
  await bob.page.reload();
  await playing(bob.page).waitFor({ timeout: 20_000 });
  await expectTone(bob.page);
  // Who went with the page has left, and is not counted beside who came with the new one.
  await expect.poll(async () => (await api.getListeners({ streamId })).totalSize).toBe(1);

  await alice.page.getByRole("button", { name: "Record", exact: true }).click();
  await alice.page.getByText(/^Recording now/).waitFor();
  await alice.page.waitForTimeout(5_000);
  await alice.page.getByRole("button", { name: "Stop recording" }).click();
  const play = bob.page.getByRole("button", { name: "Play Two tones" });
  await play.waitFor({ timeout: 20_000 });
  await play.click();
  await bob.page.getByText(/^0:0[2-9] \/ 0:0/).waitFor({ timeout: 15_000 });
  await bob.page.getByRole("slider", { name: "Position in Two tones" }).press("Home");
  const [recording] = (await api.getRecordings({ streamId })).recordings;
  expect(Math.max(...(recording?.peaks ?? []))).toBeGreaterThan(0.05);
  await screenshot(bob, "stream-light-recording");

  await alice.page.getByRole("button", { name: "Say what is playing" }).click();
  await alice.page.getByLabel("Track").fill("Sine");
  await alice.page.getByLabel("Artist").fill("The Oscillators");
  await alice.page.getByRole("button", { name: "Tell the listeners" }).click();
  await bob.page.getByText("Sine by The Oscillators").waitFor();

  await alice.page.getByRole("button", { name: "Pause", exact: true }).click();
  await bob.page.getByText("Paused", { exact: true }).first().waitFor();
  await alice.page.getByRole("button", { name: "Resume" }).click();
  await bob.page.getByRole("button", { name: /^Listen to/ }).click();
  await expectTone(bob.page);

  await alice.page.getByRole("button", { name: "End the broadcast" }).click();
  await alice.page.getByRole("button", { name: "End it" }).click();
  await alice.page.getByRole("heading", { name: "The broadcast is over" }).waitFor();
  await screenshot(alice, "stream-light-summary");
  await bob.page.getByText("The broadcast is over.").waitFor();
}, 180_000);

test.each([
  ["MediaSource", ["AudioDecoder"]],
  ["the audio element alone", ["AudioDecoder", "MediaSource"]],
] as const)(
  "without AudioDecoder a stream is heard through %s",
  async (_way, without) => {
    const alice = await arrive("alice", { browser: speaking, without: ["AudioEncoder"] });
    const bob = await arrive("bob", { browser: hearing, without });
    const url = await goLive(alice, `Recorded for ${without.length}`);
    await tuneIn(bob, url);
    if (without.length === 1) await expectTone(bob.page);
    else {
      const before = await bob.page.evaluate(() => window.veza.played());
      await expect
        .poll(() => bob.page.evaluate(() => window.veza.played()), { timeout: 20_000 })
        .toBeGreaterThan(before + 1);
    }
    await bob.page.getByLabel("Quality").selectOption("Low, 64 kbit/s");
    await playing(bob.page).waitFor({ timeout: 20_000 });
  },
  90_000,
);

test("the sound goes on while one looks at something else, and a guest joins the chat beside it", async () => {
  const alice = await arrive("alice", { browser: speaking });
  const bob = await arrive("bob", { browser: hearing });
  const url = await goLive(alice, "With a chat");
  await tuneIn(bob, url);
  await bob.page.getByRole("button", { name: "Join room" }).click();
  await say(bob, "Hello from the couch");
  await expectSaid(alice, ["Hello from the couch"]);
  await bob.page.getByRole("link", { name: "Account and settings" }).click();
  await bob.page.getByRole("heading", { name: "Account", exact: true }).waitFor();
  await expectTone(bob.page);
  await bob.page.getByRole("button", { name: "Stop listening" }).click();
  await bob.page.getByRole("region", { name: "Sound in this tab" }).waitFor({ state: "detached" });
}, 90_000);

test("a file is broadcast live, and the stream ends with it", async () => {
  const alice = await arrive("alice", { browser: speaking });
  const bob = await arrive("bob", { browser: hearing });
  const { page } = alice;
  const url = await createStream(alice, "A file");
  await page.getByRole("radio", { name: /A file/ }).check();
  const wav = { name: "tones.wav", mimeType: "audio/wav", buffer: tones(2 * LOUD_EVERY_S) };
  await page.getByLabel("Audio file").setInputFiles(wav);
  await page.getByText("tones.wav · 0:08").waitFor();
  await page.getByRole("button", { name: "Go live" }).click();
  await tuneIn(bob, url);
  await expectTone(bob.page);
  await page.getByText("There is no more sound").waitFor({ timeout: 20_000 });
  await bob.page.getByText("The broadcast is over.").waitFor({ timeout: 20_000 });
}, 90_000);

test("connections that are cut end neither the broadcast nor the listening", async () => {
  await using wire = await createCuttingProxy(Number(new URL(app.gateway).port));
  const alice = await arrive("alice", { browser: speaking, gateway: wire.url });
  const bob = await arrive("bob", { browser: hearing, gateway: wire.url });
  const url = await goLive(alice, "Through a bad wire");
  await tuneIn(bob, url);
  await expectTone(bob.page);
  for (let cuts = 0; cuts < 3; cuts += 1) {
    expect(wire.cut(1, () => 0)).toBeGreaterThan(0);
    await bob.page.waitForTimeout(1_500);
    await playing(bob.page).waitFor({ timeout: 20_000 });
    await expectTone(bob.page);
  }
  await alice.page.getByText("You are on air.", { exact: true }).waitFor();
}, 90_000);

test("a restart of the server ends neither the broadcast nor the listening", async () => {
  const env = { VEZA_HTTP_PORT: String(await freePort()) };
  const before = await startApp({ env });
  let after: TestApp | undefined;
  try {
    const alice = await arrive("alice", { browser: speaking, gateway: before.gateway });
    const bob = await arrive("bob", { browser: hearing, gateway: before.gateway });
    await tuneIn(bob, await goLive(alice, "Restarted"));
    await expectTone(bob.page);
    await before.app.stop();
    after = await startApp({ env, dataDir: before.dataDir });
    await alice.page.getByText("You are on air.", { exact: true }).waitFor({ timeout: 30_000 });
    await playing(bob.page).waitFor({ timeout: 30_000 });
    await expectTone(bob.page);
  } finally {
    await after?.[Symbol.asyncDispose]();
    await before[Symbol.asyncDispose]();
  }
}, 120_000);

test("a stream key is shown once, and a new one can be made", async () => {
  const { page } = await arrive("alice", { browser: speaking });
  await page.goto(`${app.gateway}/streams`);
  await page.getByRole("button", { name: "Create a stream" }).click();
  await page.getByLabel("Title").fill("From a program");
  await page.getByRole("button", { name: "Create stream" }).click();
  const key = await page.getByLabel("Stream key", { exact: true }).inputValue();
  expect(await page.getByRole("textbox", { name: "With ffmpeg" }).inputValue()).toContain(`source:${key}@`);
  await page.reload();
  await page.getByRole("radio", { name: /A program/ }).check();
  await page.getByText("if it is lost, make a new one").waitFor();
  await page.getByRole("button", { name: "Make a new key" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Make a new key" }).click();
  expect(await page.getByLabel("Stream key", { exact: true }).inputValue()).not.toBe(key);
});

test.each([
  ["light", { colorScheme: "light" }],
  ["dark", { colorScheme: "dark" }],
  ["phone", { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true, deviceScaleFactor: 2 }],
  ["narrow", { viewport: { width: 320, height: 640 } }],
] as const)(
  "every page of sound fits and is named: %s",
  async (look, options) => {
    const visitor = await arrive("vera", { browser: speaking, options });
    const { page } = visitor;
    const check = async (name: string) => {
      await screenshot(visitor, `streams-${look}-${name}`);
      expect(await page.evaluate(unnamedControls), `controls without a name on ${name}`).toEqual([]);
      expect(await page.evaluate(tooWide), `what does not fit on ${name}`).toEqual([]);
      expect(await page.locator("main").count(), `landmarks of ${name}`).toBe(1);
    };
    await page.goto(`${app.gateway}/streams`);
    await page.getByRole("heading", { name: "On air now" }).waitFor();
    await check("empty");
    await page.getByRole("button", { name: "Create a stream" }).click();
    await check("create");
    await page.getByLabel("Title").fill(`An evening with quite a long title, as people give them (${look})`);
    await page
      .getByLabel("Description")
      .fill("Songs, talk and what the listeners bring along. https://example.org/evening");
    await page.getByRole("button", { name: "Create stream" }).click();
    await page.getByLabel("Stream key", { exact: true }).waitFor();
    await check("key");
    await page.getByRole("radio", { name: /Microphone/ }).check();
    await page.getByRole("button", { name: "Try the microphone" }).click();
    await page.getByRole("button", { name: "Go live" }).waitFor();
    await check("preview");
    await page.getByRole("checkbox", { name: /Clear up my voice/ }).uncheck();
    await page.getByRole("button", { name: "Go live" }).click();
    await page.getByText("You are on air.", { exact: true }).waitFor();
    await page.getByRole("button", { name: /^Listen to/ }).click();
    await playing(page).waitFor({ timeout: 20_000 });
    await page.waitForTimeout(2_500);
    await check("on-air");
    const chat = page.getByRole("button", { name: "Chat", exact: true });
    await chat.click();
    await check("chat-toggled");
    await page.getByRole("button", { name: /^Stop listening to/ }).click();
    await page.goBack();
    await page.getByRole("heading", { name: "On air now" }).waitFor();
    await page
      .getByText(/listeners?$/)
      .first()
      .waitFor();
    await check("list");
  },
  90_000,
);

/** A WAV file of 16 bit at 48 kHz, mono. */
function tones(seconds: number): Buffer {
  const rate = 48_000;
  const samples = new Int16Array(seconds * rate);
  for (let index = 0; index < samples.length; index += 1) {
    const at = index / rate;
    const isLoud = at % LOUD_EVERY_S > LOUD_EVERY_S - LOUD_S;
    const soft = 0.06 * Math.sin(2 * Math.PI * SOFT_HZ * at);
    const loud = isLoud ? 0.5 * Math.sin(2 * Math.PI * LOUD_HZ * at) : 0;
    samples[index] = Math.round((soft + loud) * 32_767);
  }
  const header = Buffer.alloc(44);
  header.write("RIFF", 0);
  header.writeUInt32LE(36 + samples.byteLength, 4);
  header.write("WAVEfmt ", 8);
  header.writeUInt32LE(16, 16);
  header.writeUInt16LE(1, 20);
  header.writeUInt16LE(1, 22);
  header.writeUInt32LE(rate, 24);
  header.writeUInt32LE(rate * 2, 28);
  header.writeUInt16LE(2, 32);
  header.writeUInt16LE(16, 34);
  header.write("data", 36);
  header.writeUInt32LE(samples.byteLength, 40);
  return Buffer.concat([header, Buffer.from(samples.buffer)]);
}

declare global {
  interface Window {
    /** Put there by `tap`. */
    veza: {
      heard(): { rms: number; hz: number };
      /** When loud tones began, in milliseconds since 1970. */
      onsets(): { in: number[]; out: number[] };
      /** How far elements that play by themselves have come, in seconds. */
      played(): number;
    };
  }
}

// The functions below run in the page.

/** Listens to what goes into the page and what comes out of it. */
function tap(without: readonly string[]): void {
  for (const name of without) Reflect.deleteProperty(window, name);
  const onsets = { in: [] as number[], out: [] as number[] };
  const elements: HTMLAudioElement[] = [];
  let output: AnalyserNode | undefined;

  function watch(analyser: AnalyserNode, into: number[]): void {
    const samples = new Float32Array(256);
    let quietSince = 0;
    setInterval(() => {
      analyser.getFloatTimeDomainData(samples);
      const now = performance.timeOrigin + performance.now();
      const rms = Math.sqrt(samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length);
      if (rms < 0.15) quietSince ||= now;
      else {
        if (quietSince !== 0 && now - quietSince > 1000) into.push(now);
        quietSince = 0;
      }
    }, 4);
  }
  function analyserOf(node: AudioNode): AnalyserNode {
    const analyser = new AnalyserNode(node.context, { fftSize: 256 });
    plug(node, analyser);
    return analyser;
  }

  const { connect } = AudioNode.prototype;
  const plug = (from: AudioNode, to: AudioNode) => Reflect.apply(connect, from, [to]);
  AudioNode.prototype.connect = function (this: AudioNode, target: AudioNode, ...rest: number[]) {
    if (target instanceof AudioDestinationNode && this instanceof GainNode) {
      output = new AnalyserNode(this.context, { fftSize: 8192 });
      plug(this, output);
      watch(analyserOf(this), onsets.out);
    }
    return Reflect.apply(connect, this, [target, ...rest]);
  } as typeof connect;

  if (navigator.mediaDevices !== undefined) {
    const getUserMedia = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
    navigator.mediaDevices.getUserMedia = async (constraints) => {
      const media = await getUserMedia(constraints);
      onsets.in.length = 0;
      const context = new AudioContext();
      watch(analyserOf(new MediaStreamAudioSourceNode(context, { mediaStream: media })), onsets.in);
      return media;
    };
  }
  const play = HTMLAudioElement.prototype.play;
  HTMLAudioElement.prototype.play = function (this: HTMLAudioElement) {
    elements.push(this);
    return play.call(this);
  };

  window.veza = {
    onsets: () => onsets,
    played: () => Math.max(0, ...elements.map(({ currentTime }) => currentTime)),
    heard() {
      if (output === undefined) return { rms: 0, hz: 0 };
      const samples = new Float32Array(output.fftSize);
      output.getFloatTimeDomainData(samples);
      const spectrum = new Float32Array(output.frequencyBinCount);
      output.getFloatFrequencyData(spectrum);
      const rms = Math.sqrt(samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length);
      const bin = spectrum.indexOf(Math.max(...spectrum));
      return { rms, hz: (bin * output.context.sampleRate) / output.fftSize };
    },
  };
}

/** What the player says from now on, other than that it plays. */
function collectWords(): string[] {
  const said: string[] = [];
  const player = document.querySelector(".player") as Element;
  new MutationObserver(() => {
    const words = player.querySelector("[role=status]")?.textContent ?? "";
    if (words !== "Playing") said.push(words);
  }).observe(player, { subtree: true, childList: true, characterData: true });
  return said;
}

function unnamedControls(): string[] {
  return [...document.querySelectorAll("input, textarea, button, a, select, [role=region], nav, aside")]
    .filter((element) => {
      const labelled = document.getElementById(element.getAttribute("aria-labelledby") ?? "")?.textContent;
      const label =
        element.getAttribute("aria-label") ?? labelled ?? (element as HTMLInputElement).labels?.[0]?.textContent;
      return (label ?? element.textContent ?? "").trim() === "";
    })
    .map((element) => element.outerHTML.slice(0, 120));
}

/** What is wider than the place that it has; none if nothing has to be scrolled sideways. */
function tooWide(): string[] {
  return ["html", "nav", "main", "aside", "dialog[open]", "section", ".stage"]
    .flatMap((selector) => [...document.querySelectorAll(selector)])
    .filter((element) => element.checkVisibility() && element.scrollWidth > element.clientWidth)
    .map((element) => `${element.localName}.${element.className}`);
}
