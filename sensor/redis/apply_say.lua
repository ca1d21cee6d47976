-- SPDX-License-Identifier: ISC
-- Events that no sensor tells: what an operator did, a mute that has ended, two sensors of one name.
-- They are in the stream and the channel like all others; spanwatch-events(7), OPERATORS.

local said_count = 0

-- `about` is the hash of the exposure or the incident, or nil; `more` goes into spanwatch.operator.
local function say(keys, kind, actor, reason, about, more, stream_length)
	local time = clock()
	local at, site = text_of(time.s, time.us), keys:match('{(.-)}')
	said_count = said_count + 1
	local id = redis.sha1hex(at .. kind .. actor .. said_count .. reason):sub(1, 32)
	local severity = about and about.severity or 'info'
	local severity_number = about and tonumber(about.severity_number) or 10
	local operator = {actor = actor}
	for name, value in pairs(more) do operator[name] = value end
	local document = {
		['@timestamp'] = at,
		ecs = {version = '8.11.0'},
		event = {id = id, kind = 'event', category = {'configuration'}, type = {'change'},
			action = kind, severity = severity_number, created = at, module = 'spanwatch',
			dataset = 'spanwatch.operator', reason = reason},
		user = {name = actor},
		observer = {name = actor, type = 'redis', vendor = 'spanwatch', product = 'spanwatch'},
		spanwatch = {schema = 2, site = site, severity = severity, operator = operator},
	}
	local flat = {'json', '', 'kind', kind, 'id', id, 'ts', at, 'created', at, 'sensor', actor, 'actor',
		actor, 'site', site, 'severity', severity, 'severity_number', whole(severity_number), 'alert',
		'0', 'reason', reason}
	for _, name in ipairs({'exposure', 'incident'}) do
		if more[name] then
			flat[#flat + 1], flat[#flat + 2] = name, more[name]
		end
	end
	for _, name in ipairs({'group', 'owner', 'rule'}) do
		if about and about[name] then
			flat[#flat + 1], flat[#flat + 2] = name, about[name]
		end
	end
	flat[2] = cjson.encode(document)
	redis.call('XADD', keys .. 'events', 'MAXLEN', '~', stream_length or 100000, '*', unpack(flat))
	redis.call('PUBLISH', keys .. 'live', flat[2])
end
