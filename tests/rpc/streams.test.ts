import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { AudioQuality } from "#gen/veza/stream/v1/audio_pb.ts";
import { StreamCategory, StreamSort, StreamStatus, StreamVisibility } from "#gen/veza/stream/v1/stream_pb.ts";
import type { StreamId } from "#src/platform/ids.ts";
import type { StreamTables } from "#src/stream/tables.ts";
import { failureOf } from "../kit/failures.ts";
import { reasonOf } from "./chat-kit.ts";
import {
  type Caller,
  type Cast,
  castOf,
  enter,
  newStream,
  openStreams,
  type Role,
  type StreamHouse,
} from "./streams-kit.ts";

let house: StreamHouse;
let cast: Cast;

beforeAll(async () => {
  house = await openStreams();
  cast = castOf(house);
});
afterAll(() => house[Symbol.asyncDispose]());

const nowhere = "01990000-0000-7000-8000-000000000000";
const { PUBLIC, UNLISTED, PRIVATE } = StreamVisibility;

describe("who may call what", () => {
  const notYours = "NOT_YOUR_STREAM";
  const unseen = "STREAM_NOT_FOUND";
  type Expected = Record<Role, string>;
  type Call = (caller: Caller, streamId: string) => Promise<unknown>;

  const hears: Expected = { admin: "ok", streamer: "ok", member: "ok", stranger: "ok" };
  const manages: Expected = { admin: "ok", streamer: "ok", member: notYours, stranger: notYours };
  const owns: Expected = { ...manages, admin: notYours };

  const calls: Record<string, [Call, Expected]> = {
    GetStreamInfo: [({ stream }, streamId) => stream.getStreamInfo({ streamId }), hears],
    GetListeners: [({ stream }, streamId) => stream.getListeners({ streamId }), hears],
    GetAudioMetrics: [({ stream }, streamId) => stream.getAudioMetrics({ streamId }), hears],
    CheckAccess: [({ stream }, streamId) => stream.checkAccess({ streamId }), hears],
    JoinStream: [({ stream }, streamId) => stream.joinStream({ streamId }), hears],
    LeaveStream: [({ stream }, streamId) => stream.leaveStream({ streamId }), hears],
    SubscribeToStreamEvents: [
      async ({ stream }, streamId) => {
        for await (const _ of stream.subscribeToStreamEvents({ streamId })) break;
      },
      hears,
    ],
    Listen: [
      async ({ principal }, streamId) => {
        try {
          (await house.live.listen(principal, streamId)).free();
        } catch (error) {
          throw await failureAsStatus(error);
        }
      },
      hears,
    ],
    UpdateStream: [({ stream }, streamId) => stream.updateStream({ streamId, description: "new" }), manages],
    StartStream: [({ stream }, streamId) => stream.startStream({ streamId }), manages],
    PauseStream: [({ stream }, streamId) => stream.pauseStream({ streamId }), manages],
    ResumeStream: [({ stream }, streamId) => stream.resumeStream({ streamId }), manages],
    UpdateMetadata: [({ stream }, streamId) => stream.updateMetadata({ streamId, metadata: {} }), manages],
    StartRecording: [
      async ({ stream }, streamId) => {
        const { recording } = await stream.startRecording({ streamId });
        await stream.stopRecording({ recordingId: recording?.id ?? "" });
      },
      manages,
    ],
    GetStreamAnalytics: [({ stream }, streamId) => stream.getStreamAnalytics({ streamId }), manages],
    RotateStreamKey: [({ stream }, streamId) => stream.rotateStreamKey({ streamId }), owns],
    Broadcast: [
      async ({ principal }, streamId) => {
        try {
          await house.service.admission.sourceOf(principal, streamId as StreamId);
        } catch (error) {
          throw await failureAsStatus(error);
        }
      },
      owns,
    ],
    StopStream: [({ stream }, streamId) => stream.stopStream({ streamId }), manages],
    DeleteStream: [
      async ({ stream }, streamId) => {
        await stream.deleteStream({ streamId });
      },
      { ...manages, streamer: unseen },
    ],
  };

  for (const [name, visibility] of Object.entries({ PUBLIC, UNLISTED, PRIVATE })) {
    describe(`a stream that is ${name}`, () => {
      let streamId: string;
      beforeAll(async () => {
        const made = await newStream(cast.streamer, { visibility });
        streamId = made.id;
        await enter(cast, made.roomId);
        await cast.streamer.stream.startStream({ streamId });
      });
      it.each(Object.entries(calls))("%s", async (_, [call, expected]) => {
        for (const role of ["stranger", "member", "admin", "streamer"] as const) {
          const told = visibility === PRIVATE && role === "stranger" ? unseen : expected[role];
          expect.soft(await reasonOf(call(cast[role], streamId)), role).toBe(told);
        }
      });
    });
  }

  it("who is not signed in hears PUBLIC streams only", async () => {
    for (const [visibility, told] of [
      [PUBLIC, "ok"],
      [UNLISTED, unseen],
      [PRIVATE, unseen],
    ] as const) {
      const { id } = await newStream(cast.streamer, { visibility });
      const listening = house.live.listen(undefined, id).then(
        (seat) => seat.free(),
        async (error) => {
          throw await failureAsStatus(error);
        },
      );
      expect(await reasonOf(listening)).toBe(told);
    }
  });

  it("a stream that never was is not found", async () => {
    for (const [name, [call]] of Object.entries(calls)) {
      expect.soft(await reasonOf(call(cast.admin, nowhere)), name).toBe(unseen);
    }
  });

  it("CheckAccess says what the rules allow, to oneself and to administrators", async () => {
    const { id: streamId, roomId } = await newStream(cast.streamer, { visibility: PRIVATE });
    await enter(cast, roomId);
    const asked = async (caller: Caller, userId = "0") =>
      (await caller.stream.checkAccess({ streamId, userId })).permissions;
    expect(await asked(cast.streamer)).toEqual(["read", "write", "moderate"]);
    expect(await asked(cast.admin)).toEqual(["read", "moderate"]);
    expect(await asked(cast.member)).toEqual(["read"]);
    expect(await asked(cast.admin, cast.member.id)).toEqual(["read"]);
    expect(await reasonOf(asked(cast.member, cast.streamer.id))).toBe("ADMIN_ONLY");
    expect(await reasonOf(asked(cast.admin, cast.stranger.id))).toBe(unseen);
    expect(await reasonOf(asked(cast.admin, "999"))).toBe("USER_NOT_FOUND");
  });
});

describe("CreateStream", () => {
  it("fills in what is left open and tells the key and where to send", async () => {
    const { streamer } = cast;
    const { stream, streamKey, ingestUrls } = await streamer.stream.createStream({ title: "Morning show" });
    expect(stream).toMatchObject({
      title: "Morning show",
      category: StreamCategory.OTHER,
      visibility: PUBLIC,
      defaultQuality: AudioQuality.AUTO,
      currentQuality: AudioQuality.AUTO,
      status: StreamStatus.CREATED,
      streamerId: streamer.id,
      streamerUsername: "streamer",
      listenerCount: 0,
      hasSource: false,
      isRecording: false,
    });
    expect(stream?.startedAt).toBeUndefined();
    expect(streamKey).toMatch(/^[\w-]{32}$/);
    expect(ingestUrls).toEqual([
      `icecast://veza.example/live/${stream?.id}`,
      `https://veza.example/live/${stream?.id}`,
    ]);
  });

  it("stores no key", async () => {
    const { id, key } = await newStream(cast.streamer);
    const tables = house.platform.database.withTables<StreamTables>("stream");
    const rows = await tables.read.selectFrom("stream_streams").selectAll().execute();
    expect(rows.some((row) => row.id === id)).toBe(true);
    const values = rows.flatMap((row) => Object.values(row));
    const texts = values.map((value) =>
      value instanceof Uint8Array ? Buffer.from(value).toString("latin1") : String(value),
    );
    expect(texts.filter((text) => text.includes(key))).toEqual([]);
  });

  it("repeated with the same request_id, answers with the first result", async () => {
    const wish = { title: "once", requestId: "r1" };
    const [one, two] = await Promise.all([newStream(cast.streamer, wish), newStream(cast.streamer, wish)]);
    const three = await newStream(cast.streamer, wish);
    expect(two).toEqual(one);
    expect(three).toEqual(one);
    expect(await reasonOf(newStream(cast.streamer, { ...wish, title: "other" }))).toBe("REQUEST_ID_REUSED");
    expect((await newStream(cast.stranger, wish)).id).not.toBe(one.id);
    const { rooms } = await cast.streamer.chat.listRooms({ joinedOnly: true, pageSize: 200 });
    expect(rooms.filter(({ name }) => name === "once")).toHaveLength(1);

    await cast.streamer.stream.rotateStreamKey({ streamId: one.id });
    expect(await newStream(cast.streamer, wish)).toMatchObject({ id: one.id, key: "" });
    house.clock.advance(25 * 60 * 60 * 1000);
    expect((await newStream(cast.streamer, wish)).id).not.toBe(one.id);
  });

  it("makes a chat room with the stream, as open as it", async () => {
    const stranger = cast.stranger.chat;
    const open = await newStream(cast.streamer, { title: "x".repeat(180) });
    const { room } = await stranger.getRoomInfo({ roomId: open.roomId });
    expect(room).toMatchObject({ name: "x".repeat(100), createdBy: cast.streamer.id });
    for (const visibility of [UNLISTED, PRIVATE]) {
      const { roomId } = await newStream(cast.streamer, { visibility });
      expect(await reasonOf(stranger.getRoomInfo({ roomId }))).toBe("ROOM_NOT_FOUND");
      expect((await cast.streamer.chat.getRoomInfo({ roomId })).room?.memberCount).toBe(1);
    }
  });

  it("takes a room that the caller may read instead", async () => {
    const { room } = await cast.stranger.chat.createRoom({ name: "mine", type: 2 });
    const roomId = room?.id ?? "";
    expect(await reasonOf(newStream(cast.streamer, { roomId }))).toBe("ROOM_NOT_FOUND");
    expect(await newStream(cast.stranger, { roomId })).toMatchObject({ roomId });
  });

  it("refuses what the contract refuses", async () => {
    expect(await failureOf(newStream(cast.streamer, { title: "" }))).toMatchObject({ code: "InvalidArgument" });
  });
});

describe("a stream key", () => {
  const withKey = (streamId: string, key: string) =>
    reasonOf(
      house.service.admission.sourceByKey(streamId as StreamId, key).catch(async (error) => {
        throw await failureAsStatus(error);
      }),
    );

  it("lets a source in until it is replaced, and only where it belongs", async () => {
    const one = await newStream(cast.streamer);
    const two = await newStream(cast.streamer);
    for (const { id } of [one, two]) await cast.streamer.stream.startStream({ streamId: id });
    expect(await withKey(one.id, one.key)).toBe("ok");
    expect(await withKey(one.id, two.key)).toBe("STREAM_KEY_WRONG");
    expect(await withKey(one.id, "")).toBe("STREAM_KEY_WRONG");
    expect(await withKey(nowhere, one.key)).toBe("STREAM_NOT_FOUND");

    const { streamKey } = await cast.streamer.stream.rotateStreamKey({ streamId: one.id });
    expect(await withKey(one.id, one.key)).toBe("STREAM_KEY_WRONG");
    expect(await withKey(one.id, streamKey)).toBe("ok");
  });
});

describe("UpdateStream and DeleteStream", () => {
  it("change what is given and leave the rest", async () => {
    const { id: streamId, roomId } = await newStream(cast.streamer, { description: "before" });
    const changed = await cast.streamer.stream.updateStream({
      streamId,
      title: "after",
      category: StreamCategory.MUSIC,
    });
    expect(changed.stream).toMatchObject({
      title: "after",
      description: "before",
      category: StreamCategory.MUSIC,
      roomId,
    });
    const without = await cast.streamer.stream.updateStream({ streamId, roomId: "" });
    expect(without.stream?.roomId).toBeUndefined();
  });

  it("open and close the room that was made with the stream", async () => {
    const { id: streamId, roomId } = await newStream(cast.streamer);
    await cast.streamer.stream.updateStream({ streamId, visibility: PRIVATE });
    expect(await reasonOf(cast.stranger.chat.joinRoom({ roomId }))).toBe("ROOM_NOT_FOUND");
    await cast.streamer.stream.updateStream({ streamId, visibility: PUBLIC });
    expect(await reasonOf(cast.stranger.chat.joinRoom({ roomId }))).toBe("ok");
  });

  it("delete takes the room along, but not one that was there before", async () => {
    const { room } = await cast.streamer.chat.createRoom({ name: "mine" });
    const given = room?.id ?? "";
    const one = await newStream(cast.streamer);
    const two = await newStream(cast.streamer, { roomId: given });
    for (const { id } of [one, two]) await cast.streamer.stream.deleteStream({ streamId: id });
    const isActive = async (roomId: string) => (await cast.streamer.chat.getRoomInfo({ roomId })).room?.isActive;
    await expect.poll(() => isActive(one.roomId)).toBe(false);
    expect(await isActive(given)).toBe(true);
    expect(await reasonOf(cast.streamer.stream.getStreamInfo({ streamId: one.id }))).toBe("STREAM_NOT_FOUND");
    const { streams } = await cast.streamer.stream.listMyStreams({ pageSize: 200 });
    expect(streams.map(({ id }) => id)).not.toContain(one.id);
  });
});

describe("lists", () => {
  let own: StreamHouse;
  let ids: Record<string, string>;
  let people: Caller[];
  beforeAll(async () => {
    own = await openStreams();
    const streamer = own.person("streamer");
    people = ["a", "b", "c", "d"].map((name) => own.person(name));
    ids = {};
    // Title, listeners now, users ever.
    const wanted = [
      ["Étude", 1, 4],
      ["alpha", 3, 3],
      ["Zebra", 2, 2],
      ["beta", 0, 1],
      ["Alpha", 0, 0],
    ] as const;
    for (const [title, now, ever] of wanted) {
      const { id: streamId } = await newStream(streamer, { title, category: StreamCategory.MUSIC });
      ids[title] = streamId;
      await streamer.stream.startStream({ streamId });
      own.clock.advance(1000);
      for (const [index, each] of people.slice(0, ever).entries()) {
        await each.stream.joinStream({ streamId });
        // Once more does not count as another user.
        await each.stream.joinStream({ streamId });
        await each.stream.leaveStream({ streamId });
        if (index < now) await each.stream.joinStream({ streamId });
      }
    }
    for (const wish of [{ visibility: UNLISTED }, { visibility: PRIVATE }, { title: "not started" }]) {
      const { id: streamId } = await newStream(streamer, wish);
      if (wish.visibility !== undefined) await streamer.stream.startStream({ streamId });
    }
    const { id: streamId } = await newStream(streamer, { title: "news", category: StreamCategory.NEWS });
    await streamer.stream.startStream({ streamId });
    await streamer.stream.pauseStream({ streamId });
  });
  afterAll(() => own[Symbol.asyncDispose]());

  const orders = {
    [StreamSort.LISTENERS]: ["alpha", "Zebra", "Étude", "Alpha", "beta"],
    [StreamSort.RECENT]: ["Alpha", "beta", "Zebra", "alpha", "Étude"],
    [StreamSort.POPULAR]: ["Étude", "alpha", "Zebra", "beta", "Alpha"],
    [StreamSort.TITLE]: ["alpha", "Alpha", "beta", "Étude", "Zebra"],
  };

  it.each(Object.entries(orders))("of streams on air in order %s, on pages of every size", async (order, titles) => {
    const stranger = own.person("stranger").stream;
    for (const pageSize of [1, 2, 3, 50]) {
      const found: string[] = [];
      let pageToken = "";
      do {
        const filter = { category: StreamCategory.MUSIC, sortBy: Number(order) as StreamSort };
        const page = await stranger.listActiveStreams({ ...filter, pageSize, pageToken });
        expect(page.totalSize).toBe(5);
        found.push(...page.streams.map(({ title }) => title));
        pageToken = page.nextPageToken;
      } while (pageToken !== "");
      expect(found).toEqual(titles);
    }
  });

  it("of streams on air hold the paused, and neither the unlisted nor the private", async () => {
    const { streams, totalSize } = await own.person("streamer").stream.listActiveStreams({});
    expect(streams.map(({ title }) => title).sort()).toEqual(["Alpha", "Zebra", "alpha", "beta", "news", "Étude"]);
    expect(totalSize).toBe(6);
    expect(streams.find(({ title }) => title === "Étude")).toMatchObject({ listenerCount: 1, totalListeners: 4 });
  });

  it("of one's own hold everything, the newest first", async () => {
    const { streams, totalSize, nextPageToken } = await own.person("streamer").stream.listMyStreams({ pageSize: 2 });
    expect(streams.map(({ title }) => title)).toEqual(["news", "not started"]);
    expect(totalSize).toBe(9);
    const next = await own.person("streamer").stream.listMyStreams({ pageSize: 200, pageToken: nextPageToken });
    expect(next.streams).toHaveLength(7);
    expect((await own.person("stranger").stream.listMyStreams({})).totalSize).toBe(0);
  });

  it("refuse a token of another list", async () => {
    const stranger = own.person("stranger").stream;
    const { nextPageToken: pageToken } = await stranger.listActiveStreams({ pageSize: 1 });
    expect(await reasonOf(stranger.listActiveStreams({ pageToken, sortBy: StreamSort.TITLE }))).toBe(
      "INVALID_PAGE_TOKEN",
    );
    expect(await reasonOf(stranger.listMyStreams({ pageToken }))).toBe("INVALID_PAGE_TOKEN");
  });

  it("hand out tokens that they take back, whatever the title", async () => {
    const streamer = own.person("writer");
    for (const title of ["\u{1F3B5}".repeat(200), "\u0001\u0002".repeat(100), "字".repeat(200)]) {
      const { id: streamId } = await newStream(streamer, { title, category: StreamCategory.GAMING });
      await streamer.stream.startStream({ streamId });
    }
    const filter = { category: StreamCategory.GAMING, sortBy: StreamSort.TITLE, pageSize: 1 };
    const found = new Set<string>();
    let pageToken = "";
    do {
      const page = await streamer.stream.listActiveStreams({ ...filter, pageToken });
      for (const { id } of page.streams) found.add(id);
      pageToken = page.nextPageToken;
    } while (pageToken !== "");
    expect(found.size).toBe(3);
  });
});

/** What a call that goes past the network fails with, as the network would tell it. */
async function failureAsStatus(error: unknown): Promise<unknown> {
  const { failureToStatus } = await import("#src/rpc/errors.ts");
  const { Failure } = await import("#src/platform/failure.ts");
  return error instanceof Failure ? failureToStatus(error) : error;
}
