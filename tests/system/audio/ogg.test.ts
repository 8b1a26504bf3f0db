import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { bounds } from "#src/stream/audio/bounds.ts";
import { AudioFormatError, createOggMuxer, createSourceReader } from "#src/stream/audio/index.ts";
import { writeOpusHead } from "#src/stream/audio/opus/head.ts";
import { writeOpusTags } from "#src/stream/audio/opus/tags.ts";
import { cutAt, oggPage } from "./files.ts";
import { channel, collect, decodeOpus, heard, opusPackets, tone } from "./sound.ts";

const packets = opusPackets(tone(2, 1000), 64_000, 1000);
const data = packets.map((packet) => packet.data);

function ogg(from = 0): Uint8Array {
  const muxer = createOggMuxer(0x1234_5678);
  const pieces = [...muxer.push(packets), ...muxer.flush()];
  return Buffer.concat([muxer.header, ...pieces.slice(from).map(({ bytes }) => bytes)]);
}

function read(parts: readonly Uint8Array[]) {
  const collected = collect();
  const reader = createSourceReader("ogg", collected);
  for (const part of parts) reader.push(part);
  return { ...collected, faults: { ...reader.faults } };
}

const clean = { skippedBytes: 0, damaged: 0, late: 0, lostSamples: 0 };

describe("Ogg", () => {
  test("what is muxed is read again byte for byte", () => {
    const { formats, units, faults } = read([ogg()]);
    expect(formats).toEqual([{ codec: "opus", sampleRate: 48_000, channels: 2, bitrate: 0, gain: 0 }]);
    expect(units.map((unit) => Buffer.from(unit.data))).toEqual(data.map((each) => Buffer.from(each)));
    expect(units.every(({ samples, lost }) => samples === 960 && lost === 0)).toBe(true);
    expect(faults).toEqual(clean);
  });

  test("pieces are at most 100 ms, cut alike whatever comes in one go", () => {
    const cuts = (sizes: readonly number[]) => {
      const muxer = createOggMuxer(1);
      let at = 0;
      const pieces = sizes.flatMap((size) => {
        at += size;
        return muxer.push(packets.slice(at - size, at));
      });
      return [...pieces, ...muxer.flush()].map(({ bytes, ...rest }) => ({ ...rest, bytes: Buffer.from(bytes) }));
    };
    const all = cuts([100]);
    expect(cuts([1, 2, 3, 50, 44])).toEqual(all);
    expect(all.every(({ duration }) => duration <= 4800)).toBe(true);
    expect(all[0]).toMatchObject({ sequence: 1000, pts: 960_000, duration: 4800 });
  });

  test("who joins late hears on with the cached header", () => {
    const { units, faults } = read([ogg(7)]);
    expect(units).toHaveLength(65);
    expect(faults).toEqual(clean);
    expect(heard(channel(decodeOpus(units), 0), 0.2, 1.2).frequency).toBeCloseTo(1000, 1);
  });

  test("is the same cut in two at every byte", () => {
    const muxer = createOggMuxer(5);
    const file = Buffer.concat([muxer.header, ...muxer.push(packets.slice(0, 10)).map(({ bytes }) => bytes)]);
    for (let at = 0; at <= file.length; at += 1) {
      const { units, faults } = read([file.subarray(0, at), file.subarray(at)]);
      expect(units).toHaveLength(10);
      expect(faults).toEqual(clean);
    }
  });

  test("is the same cut anywhere, also into single bytes", () => {
    const file = ogg();
    fc.assert(
      fc.property(fc.array(fc.nat(), { maxLength: 200 }), (places) => {
        const { units, faults } = read(cutAt(file, places));
        expect(units).toHaveLength(100);
        expect(faults).toEqual(clean);
      }),
      { seed: 11, numRuns: 60 },
    );
    expect(read([...file].map((byte) => Uint8Array.of(byte))).units).toHaveLength(100);
  });

  test("packets may go on over pages", () => {
    const body = Buffer.concat([Uint8Array.of(0xff, 0x03), new Uint8Array(1200).fill(7)]);
    body[1] = 0x01;
    const packet = Buffer.from(body);
    const file = Buffer.concat([
      oggPage({ number: 0, granule: 0, flags: 2, body: writeOpusHead(0) }),
      oggPage({ number: 1, granule: 0, body: writeOpusTags() }),
      oggPage({ number: 2, granule: -1, lacing: [255, 255], body: packet.subarray(0, 510) }),
      oggPage({ number: 3, granule: 960, flags: 1, body: packet.subarray(510) }),
    ]);
    const { units, faults } = read([file]);
    expect(units.map((unit) => Buffer.from(unit.data))).toEqual([packet]);
    expect(faults).toEqual(clean);
  });

  test("a chained stream goes on as one, with its own title", () => {
    const tags = Buffer.concat([
      Buffer.from("OpusTags"),
      Uint8Array.of(0, 0, 0, 0, 1, 0, 0, 0, 12, 0, 0, 0),
      Buffer.from("TITLE=Fjäril", "latin1"),
    ]);
    const second = Buffer.concat([
      oggPage({ serial: 2, number: 0, granule: 0, flags: 2, body: writeOpusHead(312) }),
      oggPage({ serial: 2, number: 1, granule: 0, body: Buffer.from(tags.toString("latin1"), "latin1") }),
      oggPage({ serial: 2, number: 2, granule: 960, body: data[0] as Uint8Array }),
    ]);
    const { formats, units, titles, faults } = read([ogg(), second]);
    expect(formats).toHaveLength(1);
    expect(units).toHaveLength(101);
    expect(titles).toHaveLength(1);
    expect(titles[0]?.title).toMatch(/^Fj/);
    expect(faults).toEqual(clean);
  });

  test("another logical stream beside it is left out", () => {
    const other = (number: number, flags = 0) =>
      oggPage({ serial: 99, number, granule: 0, flags, body: Buffer.from("fishead and more") });
    const muxer = createOggMuxer(3);
    const file = [other(0, 2), muxer.header, other(1), ...muxer.push(packets).map(({ bytes }) => bytes), other(2)];
    const { units, faults } = read(file);
    expect(units).toHaveLength(100);
    expect(faults).toEqual(clean);
  });

  test("a damaged page is left out, counted, and its time is known to be missing", () => {
    const file = Buffer.from(ogg());
    const target = file.length >> 1;
    file[target] = (file[target] as number) ^ 0x10;
    const { units, faults } = read([file]);
    expect(units).toHaveLength(95);
    expect(units.filter(({ lost }) => lost > 0).map(({ lost }) => lost)).toEqual([4800]);
    expect(faults.damaged).toBeGreaterThan(0);
    expect(faults.skippedBytes).toBeGreaterThan(0);
    expect(faults.lostSamples).toBe(4800);
  });

  test("garbage between pages is skipped and counted", () => {
    const muxer = createOggMuxer(3);
    const noise = Buffer.from("OggS is not always a page, and O is not always OggS");
    const pieces = muxer.push(packets).flatMap(({ bytes }) => [noise, bytes]);
    const { units, faults } = read([muxer.header, ...pieces]);
    expect(units).toHaveLength(100);
    expect(faults).toMatchObject({ skippedBytes: 20 * noise.length, lostSamples: 0 });
  });

  test("Vorbis is said to be Vorbis", () => {
    const vorbis = [
      oggPage({ number: 0, granule: 0, flags: 2, body: Buffer.from("\x01vorbis and what follows") }),
      oggPage({ number: 1, granule: 0, body: Buffer.from("\x03vorbis comments") }),
    ];
    const reader = createSourceReader("ogg", collect());
    expect(() => vorbis.forEach(reader.push)).toThrow(/vorbis/);
    // And it stays so.
    expect(() => reader.push(new Uint8Array(1))).toThrow(AudioFormatError);
  });

  test("a stream that is over and goes on in Vorbis is said to be Vorbis", () => {
    const vorbis = (serial: number, number: number, flags: number, body: string) =>
      oggPage({ serial, number, granule: 0, flags, body: Buffer.from(body) });
    const last = oggPage({ serial: 0x1234_5678, number: 50, granule: 960, flags: 4, body: data[0] as Uint8Array });
    const collected = collect();
    const reader = createSourceReader("ogg", collected);
    reader.push(Buffer.concat([ogg(), last]));
    const heard = collected.units.length;
    expect(heard).toBe(101);
    reader.push(vorbis(4, 0, 2, "\x01vorbis and what follows"));
    expect(() => reader.push(vorbis(4, 1, 0, "\x03vorbis comments"))).toThrow(
      expect.objectContaining({ fault: "unsupported_codec" }),
    );
  });

  test("pages that are none cost little: nobody sends many of them", () => {
    const lie = new Uint8Array(27 + 255 + 255 * 255).fill(255);
    lie.set([...Buffer.from("OggS"), ...new Uint8Array(22), 255]);
    const reader = createSourceReader("ogg", collect());
    reader.push(ogg());
    expect(() => {
      for (let sent = 0; sent < 100; sent += 1) reader.push(lie);
    }).toThrow(expect.objectContaining({ fault: "damaged" }));
    expect(reader.faults.damaged).toBeLessThanOrEqual(bounds.falsePages);
  });

  test("six channels are refused", () => {
    const head = Buffer.concat([writeOpusHead(0), Uint8Array.of(4, 2, 0, 4, 1, 2, 3, 5)]);
    head[9] = 6;
    head[18] = 1;
    const page = oggPage({ number: 0, granule: 0, flags: 2, body: head });
    expect(() => createSourceReader("ogg", collect()).push(page)).toThrow(
      expect.objectContaining({ fault: "unsupported_channels" }),
    );
  });
});
