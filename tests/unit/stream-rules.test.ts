import { describe, expect, it } from "vitest";
import { StreamVisibility } from "#gen/veza/stream/v1/stream_pb.ts";
import { createTrustedProxies } from "#src/platform/access/trusted-proxies.ts";
import { countryFromHeader, unknownCountry } from "#src/stream/country.ts";
import { hashOfKey, isKeyOf, newStreamKey } from "#src/stream/keys.ts";
import { actions, decide, standings } from "#src/stream/permissions.ts";
import { titleKey } from "#src/stream/title-key.ts";

describe("permissions", () => {
  const visibilities = [StreamVisibility.PUBLIC, StreamVisibility.UNLISTED, StreamVisibility.PRIVATE] as const;

  it("who may not hear a stream does not learn that it is there", () => {
    for (const visibility of visibilities) {
      for (const standing of standings) {
        const verdicts = actions.map((action) => decide(visibility, standing, action));
        const unseen = verdicts.filter((verdict) => verdict === "unseen");
        expect([0, actions.length]).toContain(unseen.length);
      }
    }
  });

  it("the streamer may do all, administrators all but broadcast, everybody else hear at most", () => {
    for (const visibility of visibilities) {
      const of = (standing: (typeof standings)[number]) =>
        actions.map((action) => decide(visibility, standing, action));
      expect(of("streamer")).toEqual(["yes", "yes", "yes"]);
      expect(of("admin")).toEqual(["yes", "yes", "notYours"]);
      for (const standing of ["member", "user", "visitor"] as const) {
        expect(of(standing).slice(1)).not.toContain("yes");
      }
    }
  });
});

describe("stream keys", () => {
  it("are long, each different, and known by their hash only", () => {
    const keys = Array.from({ length: 100 }, newStreamKey);
    expect(new Set(keys).size).toBe(100);
    for (const key of keys) {
      expect(key).toMatch(/^[A-Za-z0-9_-]{32}$/);
      expect(isKeyOf(hashOfKey(key), key)).toBe(true);
      expect(isKeyOf(hashOfKey(key), `${key}x`)).toBe(false);
    }
    expect(hashOfKey("key")).toHaveLength(32);
  });
});

describe("the order of titles", () => {
  it("looks at no capitals, accents or signs that cannot be seen", () => {
    expect(titleKey("Étude")).toBe("etude");
    expect(titleKey("  zebra\u0000\u200B ")).toBe("zebra");
    const sorted = ["éclair", "Zoo", "apple", "Éden"].sort((a, b) => (titleKey(a) < titleKey(b) ? -1 : 1));
    expect(sorted).toEqual(["apple", "éclair", "Éden", "Zoo"]);
    expect(titleKey("\u{1F3B5}".repeat(100)).isWellFormed()).toBe(true);
  });
});

describe("where a call comes from", () => {
  const countryOf = countryFromHeader({ header: "x-country", proxies: createTrustedProxies(["10.0.0.1"]) });
  const said = (country: string, address = "10.0.0.1") => countryOf(new Headers({ "x-country": country }), address);

  it("is believed of trusted proxies only, and only when it is a country", () => {
    expect(said("de")).toBe("DE");
    expect(said("DE", "::ffff:10.0.0.1")).toBe("DE");
    expect(said("DE", "10.0.0.2")).toBeUndefined();
    for (const other of ["XX", "T1", "Germany", ""]) expect(said(other)).toBeUndefined();
    expect(countryOf(new Headers(), "10.0.0.1")).toBeUndefined();
    expect(unknownCountry(new Headers({ "x-country": "DE" }), "10.0.0.1")).toBeUndefined();
  });
});
