-- SPDX-License-Identifier: ISC
-- What an operator does with an exposure or an incident. Behind apply_time.lua and apply_say.lua;
-- contract: spanwatch-redis(7), OPERATORS. Writes ops:ID, ops:ID:notes, ops:muted, the stream and the
-- channel, nothing else; what it reads besides is not in KEYS, so that rights to read it are enough.
--
-- KEYS[1]: ops:ID. ARGV: prefix of the keys, id, actor, action, text, until (milliseconds since 1970).
-- Actions: ack, unack, assign (text: to whom, "" nobody), note, mute (until, text: why), unmute.
-- Returns "OK", or an error that says why not.

local prefix, id, actor, action, text, until_ms = unpack(ARGV, 1, 6)
text, until_ms = text or '', tonumber(until_ms or '')
local key, notes, muted = KEYS[1], prefix .. 'ops:' .. id .. ':notes', prefix .. 'ops:muted'
local NOTES, TEXT, KEEP, MUTE_MOST = 32, 1000, 400 * 86400, 90 * 86400000
local NAMES = {'state', 'severity', 'severity_number', 'group', 'owner', 'rule'}

local function refuse(why)
	return redis.error_reply('SPANWATCH-OPERATOR ' .. why)
end

local function read(kind)
	local held, about = redis.call('HMGET', prefix .. kind .. ':' .. id, unpack(NAMES)), {}
	for i = 1, #NAMES do about[NAMES[i]] = held[i] or nil end
	return about.state and about or nil
end

local kind, about = 'exposure', read('exposure')
if not about then kind, about = 'incident', read('incident') end
if key ~= prefix .. 'ops:' .. id then return refuse('the key is not that of the id') end
if not about then return refuse('there is no exposure or incident ' .. id) end
if (actor or '') == '' or #actor > 100 then return refuse('an action needs an actor') end
if #text > TEXT then return refuse('a text has at most ' .. TEXT .. ' bytes') end

local now_ms = whole(clock().ms)
local over = about.state == 'closed' or about.state == 'merged'
local more = {[kind] = id, text = text ~= '' and text or nil}
local function set(...)
	redis.call('HSET', key, 'kind', kind, ...)
end

local said
if action == 'ack' then
	set('ack_by', actor, 'ack_ms', now_ms, 'ack_note', text)
	said = 'acknowledged'
elseif action == 'unack' then
	redis.call('HDEL', key, 'ack_by', 'ack_ms', 'ack_note')
	said = 'not acknowledged any more'
elseif action == 'assign' then
	if text == '' then
		redis.call('HDEL', key, 'assignee', 'assigned_by', 'assigned_ms')
	else
		set('assignee', text, 'assigned_by', actor, 'assigned_ms', now_ms)
	end
	said = 'assigned to ' .. (text ~= '' and text or 'nobody')
elseif action == 'note' then
	if text == '' then return refuse('a note needs a text') end
	redis.call('LPUSH', notes, cjson.encode({at_ms = clock().ms, by = actor, note = text}))
	redis.call('LTRIM', notes, 0, NOTES - 1)
	redis.call('EXPIRE', notes, KEEP)
	redis.call('HINCRBY', key, 'notes', 1)
	redis.call('HSET', key, 'kind', kind)
	said = 'noted'
elseif action == 'mute' then
	if over then return refuse('it is closed') end
	if text == '' then return refuse('a mute needs a reason') end
	if not until_ms or until_ms <= clock().ms then return refuse('a mute needs a time to come') end
	if until_ms > clock().ms + MUTE_MOST then return refuse('a mute lasts at most 90 days') end
	set('mute_until_ms', whole(until_ms), 'mute_by', actor, 'mute_ms', now_ms, 'mute_reason', text)
	redis.call('ZADD', muted, whole(until_ms / 1000), id)
	more.until_ms = until_ms
	said = 'muted until ' .. text_of(math.floor(until_ms / 1000), 0)
elseif action == 'unmute' then
	redis.call('HDEL', key, 'mute_until_ms', 'mute_by', 'mute_ms', 'mute_reason')
	redis.call('ZREM', muted, id)
	said = 'not muted any more'
else
	return refuse('unknown action ' .. tostring(action))
end
redis.call('EXPIRE', key, KEEP)
say(prefix, 'operator.' .. action, actor, kind .. ' ' .. id .. ' is ' .. said .. ' by ' .. actor ..
	(text ~= '' and action ~= 'assign' and ': ' .. text or ''), about, more)
return 'OK'
