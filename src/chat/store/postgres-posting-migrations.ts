import { sql } from "kysely";
import type { Migrations } from "../../platform/database/database.ts";

/**
 * What posts messages on PostgreSQL. Functions carry a number in their names: while a new version is rolled out, the
 * one before it goes on calling its own.
 */
export const postgresPostingMigrations: Migrations = {
  "0001_postings": {
    async up(db) {
      // Everything that may decide whether a user may say something in a room, and a mark that is another when any of it
      // is. Columns that come later count of themselves; those that change all the time and decide nothing are left out.
      await sql`
        CREATE FUNCTION chat_facts_1(p_room text, p_user bigint, OUT facts jsonb, OUT mark text)
        LANGUAGE plpgsql STABLE AS $$
        DECLARE
          room jsonb; member jsonb; mute jsonb; ban jsonb; lasting jsonb;
        BEGIN
          SELECT to_jsonb(r) INTO room FROM chat_rooms r WHERE r.id = p_room;
          IF room IS NULL THEN RETURN; END IF;
          SELECT to_jsonb(m) INTO member FROM chat_members m WHERE m.room_id = p_room AND m.user_id = p_user;
          SELECT to_jsonb(s) INTO mute FROM chat_sanctions s
            WHERE s.room_id = p_room AND s.user_id = p_user AND s.kind = 1;
          SELECT to_jsonb(s) INTO ban FROM chat_sanctions s
            WHERE s.room_id = p_room AND s.user_id = p_user AND s.kind = 2;
          facts := jsonb_build_object('room', room, 'member', member, 'mute', mute, 'ban', ban);
          lasting := member - '{last_read_sequence,read_count,own_unread,mentions_unread}'::text[];
          IF (room->>'slow_mode_ms')::integer = 0 THEN lasting := lasting - 'last_message_at'::text; END IF;
          mark := md5(concat_ws('|',
            room - '{head_sequence,floor_sequence,member_count,message_count}'::text[], lasting, mute, ban));
        END $$`.execute(db);

      // Posts messages into one room, each if its sender's mark is still the same and its request is new, in one
      // statement that is a transaction of its own. Numbers are put into the bodies of events as varints, at the two
      // places where the caller left room for as many bytes.
      await sql`
        CREATE FUNCTION chat_post_1(
          p_locks bigint[], p_every bigint, p_kept bigint, p_room text, p_width integer, p_ids text[], p_user_ids bigint[], p_usernames text[],
          p_contents text[], p_words text[], p_types integer[], p_ats bigint[], p_marks text[], p_request_ids text[], p_digests text[],
          p_bodies bytea[], p_first integer[], p_second integer[]
        )
        RETURNS TABLE (outcome text, number bigint, ordinal bigint, facts jsonb, mark text)
        LANGUAGE plpgsql VOLATILE AS $$
        DECLARE
          head bigint; counted bigint; next bigint; floor bigint; body bytea; byte integer;
        BEGIN
          PERFORM pg_advisory_xact_lock_shared(p_locks[1]);
          FOR i IN 2..cardinality(p_locks) LOOP PERFORM pg_advisory_xact_lock(p_locks[i]); END LOOP;
          SELECT r.head_sequence, r.message_count INTO head, counted FROM chat_rooms r WHERE r.id = p_room;
          next := head;
          FOR i IN 1..cardinality(p_ids) LOOP
            number := next; ordinal := NULL; facts := NULL; mark := NULL;
            IF p_request_ids[i] <> '' AND EXISTS (
              SELECT FROM chat_requests q WHERE q.user_id = p_user_ids[i] AND q.request_id = p_request_ids[i]
            ) THEN
              outcome := 'repeated'; RETURN NEXT; CONTINUE;
            END IF;
            SELECT f.facts, f.mark INTO facts, mark FROM chat_facts_1(p_room, p_user_ids[i]) f;
            IF mark IS DISTINCT FROM p_marks[i] THEN
              outcome := 'otherwise'; RETURN NEXT; CONTINUE;
            END IF;
            IF (next + 1) >> (7 * p_width) <> 0 OR (p_width > 1 AND (next + 1) >> (7 * (p_width - 1)) = 0) THEN
              outcome := 'renumber'; RETURN NEXT; CONTINUE;
            END IF;
            next := next + 1;
            counted := counted + 1;
            body := p_bodies[i];
            FOR k IN 0..p_width - 1 LOOP
              byte := (next >> (7 * k) & 127)::integer | CASE WHEN k < p_width - 1 THEN 128 ELSE 0 END;
              body := set_byte(set_byte(body, p_first[i] + k, byte), p_second[i] + k, byte);
            END LOOP;
            INSERT INTO chat_messages (id, room_id, sequence, sender_id, sender_username, content, type, created_at, ordinal)
              VALUES (p_ids[i], p_room, next, p_user_ids[i], p_usernames[i], p_contents[i], p_types[i], p_ats[i], counted);
            INSERT INTO chat_events (room_id, sequence, message_id, body) VALUES (p_room, next, p_ids[i], body);
            INSERT INTO chat_search_words (message_id, words)
              VALUES (p_ids[i], array_to_tsvector(string_to_array(p_words[i], ' ')));
            UPDATE chat_members m SET last_message_at = p_ats[i], own_unread = m.own_unread + 1
              WHERE m.room_id = p_room AND m.user_id = p_user_ids[i];
            IF p_request_ids[i] <> '' THEN
              INSERT INTO chat_requests (user_id, request_id, digest, result_id, created_at)
                VALUES (p_user_ids[i], p_request_ids[i], p_digests[i], p_ids[i], p_ats[i]);
            END IF;
            outcome := 'posted'; number := next; ordinal := counted; facts := NULL; mark := NULL;
            RETURN NEXT;
          END LOOP;
          IF next > head THEN
            UPDATE chat_rooms r SET head_sequence = next, message_count = counted WHERE r.id = p_room;
            floor := next / p_every * p_every - p_kept;
            IF next / p_every > head / p_every AND floor > 0 THEN
              DELETE FROM chat_events e WHERE e.room_id = p_room AND e.sequence <= floor;
              UPDATE chat_rooms r SET floor_sequence = floor WHERE r.id = p_room;
            END IF;
          END IF;
        END $$`.execute(db);
    },
  },
};
