import { expect, test } from "vitest";
import { AuditAction } from "#gen/veza/auth/v1/audit_pb.ts";
import { StreamVisibility } from "#gen/veza/stream/v1/stream_pb.ts";
import { startApp } from "../kit/app.ts";
import { failureOf } from "../kit/failures.ts";
import { type Person, person } from "../kit/people.ts";
import { castOf, emptyTown, newStream, openStreams } from "./streams-kit.ts";

const {
  CHANGE_STREAM,
  DELETE_STREAM,
  START_STREAM,
  STOP_STREAM,
  PAUSE_STREAM,
  RESUME_STREAM,
  START_RECORDING,
  STOP_RECORDING,
  DELETE_RECORDING,
} = AuditAction;

/** All that may be done to a stream by who manages it; answers the recording that was made. */
async function manage({ stream }: Person, streamId: string): Promise<string> {
  await stream.updateStream({ streamId, title: "other", visibility: StreamVisibility.UNLISTED });
  await stream.startStream({ streamId });
  await stream.updateMetadata({ streamId, metadata: { currentTrack: "a song" } });
  await stream.pauseStream({ streamId });
  await stream.resumeStream({ streamId });
  const { recording } = await stream.startRecording({ streamId });
  const recordingId = recording?.id ?? "";
  await stream.stopRecording({ recordingId });
  await stream.deleteRecording({ recordingId });
  await stream.stopStream({ streamId });
  await stream.stopStream({ streamId });
  await stream.deleteStream({ streamId });
  return recordingId;
}

test("what an administrator does to a stream of somebody else is in the audit log, each act once", async () => {
  await using app = await startApp();
  const [admin, ada, stranger] = [await person(app, "admin"), await person(app, "ada"), await person(app, "eve")];
  const newOne = async () => (await ada.stream.createStream({ title: "ours" })).stream?.id ?? "";
  const [hers, theirs, own] = [
    await newOne(),
    await newOne(),
    (await admin.stream.createStream({ title: "mine" })).stream?.id ?? "",
  ];
  await manage(ada, hers);
  await manage(admin, own);
  await failureOf(stranger.stream.stopStream({ streamId: theirs }));
  const recordingId = await manage(admin, theirs);

  const lines = async () => (await admin.auth.listAuditLog({})).entries.reverse();
  await expect.poll(async () => (await lines()).length, { timeout: 10_000 }).toBe(10);
  const entries = await lines();
  expect(entries.map(({ action, details }) => [action, details])).toEqual([
    [CHANGE_STREAM, "title, visibility"],
    [START_STREAM, ""],
    [CHANGE_STREAM, "metadata"],
    [PAUSE_STREAM, ""],
    [RESUME_STREAM, ""],
    [START_RECORDING, recordingId],
    [STOP_RECORDING, recordingId],
    [DELETE_RECORDING, recordingId],
    [STOP_STREAM, ""],
    [DELETE_STREAM, "other"],
  ]);
  for (const entry of entries)
    expect(entry).toMatchObject({ actorId: admin.id, targetUserId: ada.id, targetStreamId: theirs });
  expect(entries.map(({ sequence }) => Number(sequence))).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
});

test("what could not be told to the audit log is told later, also by the next process", async () => {
  const town = emptyTown();
  const house = await openStreams({ town });
  const { streamer, admin } = castOf(house);
  const { id: streamId } = await newStream(streamer);
  town.isAuditAway = true;
  await admin.stream.startStream({ streamId });
  await admin.stream.stopStream({ streamId });
  expect(town.audited).toEqual([]);

  await using next = await house.restart();
  town.isAuditAway = false;
  await expect
    .poll(() => town.audited.map(({ action }) => action), { timeout: 10_000 })
    .toEqual([START_STREAM, STOP_STREAM]);
  expect(town.audited[0]).toMatchObject({ targetStreamId: streamId, actorId: admin.id, targetUserId: streamer.id });
  expect(next.clock.now()).toBeGreaterThan(0);
});
