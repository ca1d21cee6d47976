-- SPDX-License-Identifier: ISC
-- Where an exposure or an incident is found: the sets. All follow from the hashes, by which
-- apply_sensor.lua mends them.

local key_open, key_severity, key_closed = prefix .. 'open', prefix .. 'open:severity', prefix .. 'closed'
local key_facets, key_counts = prefix .. 'facets', prefix .. 'sensors:open'
local key_open_incidents, key_closed_incidents = prefix .. 'open:incidents', prefix .. 'incidents:closed'

-- Name of the set, field of the hash.
local FACETS = {{'group', 'group'}, {'owner', 'owner'}, {'service', 'service'}, {'zone', 'server_zone'},
	{'rule', 'rule'}}
local FACET_FIELDS = {'group', 'owner', 'service', 'server_zone', 'rule'}

local function add(key, score, id)
	touch(key)
	return try('ZADD', key, score, id)
end

local noted = {}

local function enter(name, value, score, id)
	local facet = name .. ':' .. value
	if add(prefix .. 'open:' .. facet, score, id) == 1 and not noted[facet] then
		touch(key_facets)
		try('SADD', key_facets, facet)
		noted[facet] = true
	end
end

local function leave(name, value, id)
	local facet = name .. ':' .. value
	local key = prefix .. 'open:' .. facet
	if try('ZREM', key, id) == 1 and call('EXISTS', key) == 0 then
		try('SREM', key_facets, facet)
		noted[facet] = nil
	end
end

-- Of facets that have changed, the old ones are left.
local function enter_facets(id, score, facets, before)
	for i = 1, #FACETS do
		local name, field = FACETS[i][1], FACETS[i][2]
		local value, old = facets[field], before and before[field]
		if old and old ~= value then leave(name, old, id) end
		if value then enter(name, value, score, id) end
	end
end

local function leave_facets(id, facets)
	for i = 1, #FACETS do
		local value = facets[FACETS[i][2]]
		if value then leave(FACETS[i][1], value, id) end
	end
end

local function read_facets(key)
	local values, map = call('HMGET', key, unpack(FACET_FIELDS)), {}
	for i = 1, #FACET_FIELDS do map[FACET_FIELDS[i]] = values[i] or nil end
	return map
end

-- What a sensor itself says is open, and how many that are: if one of the two is lost, it shows.
local function hold(who, score, id)
	local added = add(prefix .. 'open:sensor:' .. who, score, id)
	if added > 0 and run_keep == 0 then try('HINCRBY', key_counts, who, added) end
end

local function let_go(who, id)
	if try('ZREM', prefix .. 'open:sensor:' .. who, id) > 0 and run_keep == 0 then
		try('HINCRBY', key_counts, who, -1)
	end
end

local function close_in(key, id, closed)
	local ms = ms_of(closed)
	if ms then add(key, whole(math.floor(ms / 1000)), id) end
end

-- --- Counters of each hour ---------------------------------------------------------------------

local tallies = {}

-- What `moment` lies in; `owner` and severity are kept apart.
local function tally(moment, name, severity, owner, n)
	local hour = moment:sub(1, 4) .. moment:sub(6, 7) .. moment:sub(9, 10) .. moment:sub(12, 13)
	local one = tallies[hour]
	if not one then
		one = {moment = moment}
		tallies[hour] = one
	end
	local by_severity, by_owner = name .. '.' .. severity, name .. '@' .. (owner or '-')
	one[by_severity] = (one[by_severity] or 0) + n
	one[by_owner] = (one[by_owner] or 0) + n
end

local SEVERITIES = {'critical', 'high', 'medium', 'low', 'info'}
local TALLIED = {'opened', 'closed', 'open_s', 'detected', 'detect_ms'}

local function tally_fields()
	local fields = {}
	for i = 1, #TALLIED do
		for j = 1, #SEVERITIES do fields[#fields + 1] = TALLIED[i] .. '.' .. SEVERITIES[j] end
	end
	return fields
end

-- One hour as JSON in the set `hours`, so that a week is one question.
local function show_hour(key, moment)
	local held, parts, n = call('HMGET', key, unpack(tally_fields())), {}, 0
	for i = 1, #TALLIED do
		local sum, rows = 0, {}
		for j = 1, #SEVERITIES do
			local value = number(held[(i - 1) * #SEVERITIES + j])
			sum = sum + value
			rows[j] = '"' .. TALLIED[i] .. '_' .. SEVERITIES[j] .. '":' .. whole(value)
		end
		n = n + 1
		parts[n] = '"' .. TALLIED[i] .. '":' .. whole(sum) .. ',' .. table.concat(rows, ',')
	end
	local text = moment:sub(1, 13) .. ':00:00Z'
	local ms = ms_of(text)
	if not ms then return end
	local score = whole(ms / 1000)
	touch(prefix .. 'hours')
	try('ZREMRANGEBYSCORE', prefix .. 'hours', score, score)
	call('ZADD', prefix .. 'hours', score, '{"hour":"' .. text .. '","hour_ms":' .. whole(ms) .. ',' ..
		table.concat(parts, ',') .. '}')
end

local function flush_tallies()
	for hour, one in pairs(tallies) do
		local key, day = prefix .. 'hour:' .. hour, prefix .. 'day:' .. hour:sub(1, 8)
		for name, n in pairs(one) do
			if name ~= 'moment' then
				try('HINCRBY', key, name, whole(n))
				if name:find('@', 1, true) then try('HINCRBY', day, name, whole(n)) end
			end
		end
		call('EXPIRE', key, run_keep > 0 and run_keep or HOUR_KEEP)
		call('EXPIRE', day, run_keep > 0 and run_keep or HOUR_KEEP)
		show_hour(key, one.moment)
	end
end

-- --- A mute that must end ----------------------------------------------------------------------

local MUTE_FIELDS = {'mute_until_ms', 'mute_by', 'mute_ms', 'mute_reason'}

local function end_mute(kind, id, why, about, stream_length)
	local key = prefix .. 'ops:' .. id
	if not redis.call('HGET', key, 'mute_until_ms') then return end
	call('HDEL', key, unpack(MUTE_FIELDS))
	call('ZREM', prefix .. 'ops:muted', id)
	say(prefix, 'operator.unmute', 'spanwatch', kind .. ' ' .. id .. ' is not muted any more: ' .. why,
		about, {[kind] = id, cause = why}, stream_length)
end
