-- SPDX-License-Identifier: ISC
-- The only writer of spanwatch's keys in Redis: applies the messages of a sensor, each event as a
-- whole or not at all. Redis does not undo what a script did before it failed, so an event is first
-- read for and merged, and nothing is written until nothing can fail any more. Contract:
-- spanwatch-redis(7). Redis 6.2 and later, no modules; in a cluster all keys are in one slot, and
-- those that every message of its kind touches are in KEYS, by which a cluster finds the slot; the
-- others follow from the prefix.
--
-- The script is put together from the files that redis_script.c names, in this order:
--
--   apply.lua         versions, small words, the schema
--   apply_time.lua    moments as texts and numbers (also in operate.lua)
--   apply_say.lua     events that the script itself makes (also in operate.lua)
--   apply_index.lua   sets by severity, group, owner ...; what is closed; counters of each hour
--   apply_sensor.lua  hello, heartbeat, coverage; what keeps all of it true
--   apply_merge.lua   what several sensors say becomes one
--   apply_event.lua   events
--
-- ARGV[1] says what it is, then follow: sensor, prefix of the keys, seconds to keep a replay (0: live),
-- seconds to keep what is closed, and
--
--   hello      identity of the sensor's process. Returns Redis's clock (ms), the last event that was
--              applied ("epoch sequence" or "").
--   heartbeat  identity, seconds to live, seconds to keep a silent sensor, exposures that it holds open,
--              events that wait, "full STATE JSON" (or "part ...") with what `fleet` shows, name, value,
--              ...: all, or those that have changed
--              Returns the clock, the last event, what of this sensor's was lost and must be told
--              anew, what was mended, whether a twin was refused lately, words about it.
--   coverage   "full" (what does not follow has gone) or "part", then "line@sensor", JSON, ...
--   events     after, stream length, queue length, how many, then each: epoch, sequence, digest, an
--              index, pairs of seven kinds with "json" and the JSON among them. The index has one byte for
--              each kind, how many pairs there are, and one for each value that is looked at, where it
--              stands among them; 0: it is not there.
--              Each is applied once for each (sensor, epoch, sequence). `after` is what must have
--              been applied last, "epoch sequence", or "": if it is not, Redis has lost something, and
--              nothing is applied. In a replay also once for each (sensor, event id): to replay the
--              same packets again changes nothing. Kinds of pairs: redis_place in redis_message.h.
--              `digest` tells whether one that seldom changes has; those that are in the JSON alone may be
--              left out then, and are asked for (SPANWATCH-WHOLE) if they are needed after all.
--              Returns how many were applied, why no more ("": all), what was mended, words about it.
--
-- What is of another type and in the way of a key of ours is renamed, so that nothing waits for it,
-- and told. Every message is first held against the schema version: of another major version nothing
-- is written but the heartbeat's few words that every version understands.
--
-- Times are texts of fixed width, which sort as they are. Numbers stay below 2^53.
--
-- What an exposure has, and how it is merged, are rows of sensor/event/exposure_fields.h. From them
-- the program puts lists of names before this text, as locals: exposure_newest, exposure_earliest,
-- exposure_latest, exposure_highest, exposure_total, exposure_change (what a change leaves behind),
-- exposure_merged, exposure_own, exposure_others, and policy_texts (what events copy from the policy);
-- and V_kind, V_id ..., the places in an event's index.
--
-- A function that is made takes time though nobody calls it, and each call of the script makes all of
-- them anew: what few messages need is made when it is needed.

-- Of the keys. Major: something has gone or means something else. Minor: something was added.
local MAJOR, MINOR = 2, 1
local SCHEMA = MAJOR .. '.' .. MINOR

local call = redis.call
local what, sensor, prefix = ARGV[1], ARGV[2], ARGV[3]
local run_keep, closed_keep = tonumber(ARGV[4]), tonumber(ARGV[5])

local FOREIGN_KEEP = 7 * 86400  -- seconds that a key of somebody else's stays, renamed
local HOUR_KEEP = 400 * 86400   -- that counters stay
local HEAL = 900                -- that every event renews all indices, after something was lost

local mended, said = 0, nil

local function number(value)
	return tonumber(value or '0') or 0
end

-- Of a replay all keys end.
local touched = {}
local function touch(key)
	if run_keep > 0 then touched[key] = true end
end

local function expire_touched()
	for key in pairs(touched) do
		call('EXPIRE', key, run_keep)
	end
end

-- A key of ours that somebody made one of another type.
local function set_aside(key)
	local name = prefix .. 'foreign:' .. key:sub(#prefix + 1)
	call('RENAME', key, name)
	call('EXPIRE', name, run_keep > 0 and run_keep or FOREIGN_KEEP)
	mended, said = mended + 1, 'a key of another type was in the way, now it is ' .. name
end

-- As redis.call(), but a key of another type is set aside.
local function try(command, key, ...)
	local answer = redis.pcall(command, key, ...)
	if type(answer) == 'table' and answer.err then
		if not answer.err:find('WRONGTYPE', 1, true) then error(answer) end
		set_aside(key)
		return call(command, key, ...)
	end
	return answer
end

local function reason_of(why)
	return type(why) == 'table' and why.err or tostring(why)
end

-- What is wrong with the keys that are there, or nil: then they are of our schema, or are now.
local function schema_problem()
	local key = prefix .. 'schema'
	local held = redis.pcall('GET', key)
	if held == SCHEMA and run_keep == 0 then return nil end
	local major, minor = tostring(held or SCHEMA):match('^(%d%d?%d?)%.(%d%d?%d?)$')
	if number(major) ~= MAJOR then
		return 'SPANWATCH-SCHEMA the keys have schema ' .. (major and held or '?') ..
			', this sensor writes ' .. SCHEMA .. ' and so nothing: bring all sensors of ' ..
			'the site to one version (SCHEMA VERSION in spanwatch-redis(7))'
	end
	local older = not held or number(minor) < MINOR
	-- A full Redis refuses it; then the next message tries again.
	if older and not redis.pcall('SET', key, SCHEMA).err then
		-- Of an older version: its readers go on, and what is there gets its place in the new sets.
		if held and run_keep == 0 then
			try('HSETNX', prefix .. 'settings', 'stream', 'flat')
			try('HSET', prefix .. 'settings', 'heal', call('TIME')[1] + HEAL)
		end
	end
	if run_keep > 0 then call('EXPIRE', key, run_keep) end
	return nil
end

-- Nothing of it is open any more that no other object tells: what is merged goes on in "all ports".
local function is_over(state)
	return state == 'closed' or state == 'merged'
end
