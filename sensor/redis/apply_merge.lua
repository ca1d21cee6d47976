-- SPDX-License-Identifier: ISC
-- What several sensors say of one exposure or incident becomes one. What one of them says of `name`
-- is in the field `name@sensor`; while it is the only one, it is the merged field and there is no
-- other, but where a counter began again at 0. Functions get `old`, the merged fields and ours as they
-- are; `others`, those of the other sensors: others[i].name, others[i].word; and fill `new`.

local levels = {[0] = 'blocked', 'refused', 'reachable', 'answered', 'accessed', 'data-out',
	'executed', 'destroyed'}
local level_numbers = {}
for i = 0, #levels do level_numbers[levels[i]] = tostring(i) end
local severities = {[10] = 'info', [30] = 'low', [50] = 'medium', [70] = 'high',
	[90] = 'critical'}
local mine = '@' .. sensor

local function earliest(a, b)
	if a and b then return a < b and a or b end
	return a or b
end

local function latest(a, b)
	if a and b then return a > b and a or b end
	return a or b
end

local merger

-- All of what follows, once it is needed.
local function merging()
if merger then return merger end

-- The names of an exposure's are exposure_merged, exposure_own and exposure_others.
local incident_merged = {'state', 'sensors', 'opened', 'last', 'changed_after', 'changed_before',
	'changed_disputed', 'closed', 'close_reason', 'level', 'severity_number', 'open_count', 'member_count',
	'unannounced_count', 'untracked_count', 'ports', 'owner', 'group'}
local incident_own = {'state', 'level', 'severity_number', 'open_count', 'member_count',
	'unannounced_count', 'untracked_count', 'changed'}
exposure_merged[#exposure_merged + 1] = 'open_since'
exposure_merged[#exposure_merged + 1] = 'closed_ms'
incident_merged[#incident_merged + 1] = 'closed_ms'

-- The merged names, then what is ours of them.
local function with_own(merged, own)
	local names = {}
	for i = 1, #merged do names[i] = merged[i] end
	for i = 1, #own do names[#names + 1] = own[i] .. mine end
	return names
end

local exposure_names = with_own(exposure_merged, exposure_own)
local incident_names = with_own(incident_merged, incident_own)

-- What a sensor said while it was alone is in the merged fields.
local function moved(old, name)
	if name == 'changed' then
		return (old.changed_after or old.changed_before) and
			(old.changed_after or '-') .. ' ' .. (old.changed_before or '-') or nil
	end
	return old[name]
end

-- Flat is faster than a hash of everything.
local function read_object(key, names, own)
	local values, old, others = try('HMGET', key, unpack(names)), {}, {}
	for i = 1, #names do
		old[names[i]] = values[i] or nil
	end
	if not old.sensors or old.sensors == sensor then return old, others end
	local alone = not old.sensors:find(',', 1, true)
	for name in old.sensors:gmatch('[^,]+') do
		if name ~= sensor then
			local asked, word, fresh = {}, {}, {}
			for i = 1, #own do asked[i] = own[i] .. '@' .. name end
			local heard = call('HMGET', key, unpack(asked))
			for i = 1, #own do
				word[own[i]] = heard[i] or (alone and moved(old, own[i])) or nil
				if alone and not heard[i] then fresh[asked[i]] = word[own[i]] end
			end
			if alone then fresh['sources@' .. name] = call('HGET', key, 'sources') or nil end
			others[#others + 1] = {name = name, word = word, fresh = fresh}
		end
	end
	return old, others
end

-- The other one is not alone any more: what was merged is its own.
local function part(others, new)
	for i = 1, #others do
		for name, value in pairs(others[i].fresh) do new[name] = value end
	end
end

local function highest(old, others, new, name, value)
	if #others == 0 then
		value = value or old[name]
		new[name] = value
		return number(value)
	end
	local most = value or old[name .. mine]
	if value then new[name .. mine] = value end
	for i = 1, #others do
		local theirs = others[i].word[name]
		if theirs and (not most or number(theirs) > number(most)) then most = theirs end
	end
	if most then new[name] = most end
	return number(most)
end

-- A counter that falls began again at 0: the sensor was restarted.
local function total(old, others, new, name, value)
	if not value then return end
	local own, sum = name .. mine, old[name]
	local before = old[own]
	if not before and #others == 0 then before = sum end
	if value ~= before then
		local now_n, until_now = number(value), number(before)
		if sum == before and now_n >= until_now then
			sum = value
		else
			sum = whole(number(sum) + (now_n >= until_now and now_n - until_now or now_n))
		end
		new[name] = sum
	end
	if #others > 0 or value ~= sum then new[own] = value end
	if #others == 0 and value ~= sum then new.restarted = '1' end
end

local SILENT = 3600 -- so many seconds, and it does not hold open what another has proved to be closed

local function is_gone(name)
	if run_keep > 0 then return false end
	local heard = call('ZSCORE', prefix .. 'sensors', name)
	return not heard or clock().s - heard > SILENT
end

-- Open while any sensor says so; against proof that it is closed, any that is still there.
local rank = {open = 5, closing = 4, unconfirmed = 3, merged = 2, closed = 1}

local function state_of(old, others, new, value, gone)
	local merged = value
	if #others == 0 then
		new.sensors, new.state = sensor, value
		return value
	end
	new['state' .. mine] = value
	for i = 1, #others do
		local name, theirs = others[i].name, others[i].word.state
		if value == 'closed' and (rank[theirs] or 0) > 1 and is_gone(name) then
			new['state@' .. name] = 'gone'
			gone[#gone + 1] = name
		elseif (rank[theirs] or 0) > (rank[merged] or 0) then
			merged = theirs
		end
	end
	if not old['state' .. mine] then
		local names = {sensor}
		for i = 1, #others do names[i + 1] = others[i].name end
		table.sort(names)
		new.sensors = table.concat(names, ',')
	end
	new.state = merged
	return merged
end

-- "after before" of one sensor, "-" for what is not known.
local function moments(text)
	if not text then return nil, nil end
	local from, to = text:match('^(%S+) (%S+)$')
	return from ~= '-' and from or nil, to ~= '-' and to or nil
end

-- The change happened between two moments. A sensor narrows what it has said itself; an interval
-- that does not meet its old one is about a new change. Several sensors narrow each other; where
-- their intervals do not meet, because their clocks differ, it is told as the widest, and as such.
local function interval(old, others, new, from, to, fresh)
	local alone = #others == 0
	if not fresh then
		local own = old['changed' .. mine]
		if not own and alone then own = moved(old, 'changed') end
		local a, b = moments(own)
		a, b = latest(a, from), earliest(b, to)
		if not (a and b and a > b) then from, to = a, b end
	end
	if not alone and (from or to) then new['changed' .. mine] = (from or '-') .. ' ' .. (to or '-') end
	local after, before, first, last = from, to, from, to
	for i = 1, fresh and 0 or #others do
		if others[i].word.changed then
			local a, b = moments(others[i].word.changed)
			after, before = latest(after, a), earliest(before, b)
			first, last = first and a and earliest(first, a), last and b and latest(last, b)
		end
	end
	if after and before and after > before then
		after, before, new.changed_disputed = first or nil, last or nil, '1'
	end
	new.changed_after, new.changed_before = after, before
end

-- Fields that have no place any more: what the others said of an earlier change is not about this one,
-- and of a sensor that is alone there is nothing of its own (unless it is of version 2.0).
local function outdated(old, others, new, own, fresh)
	local names = {}
	for i = 1, #others do
		if fresh and others[i].word.changed then
			local name = 'changed@' .. others[i].name
			names[#names + 1], new[name] = name, nil
		end
	end
	if #others == 0 then
		for i = 1, #own do
			local name = own[i] .. mine
			if old[name] and not new[name] then names[#names + 1] = name end
		end
		if old['state' .. mine] then names[#names + 1] = 'sources' .. mine end
	end
	return names
end

local function is_fresh(old, state)
	return not old.state or (is_over(old.state) and not is_over(state))
end

local function merge_exposure(event, old, others, gone)
	local new = {id = event.exposure, last_event = event.kind, updated = event.ts,
		incident = event.incident}
	local fresh = is_fresh(old, event.state)
	part(others, new)
	local state = state_of(old, others, new, event.state, gone)
	for i = 1, #exposure_newest do
		local name = exposure_newest[i]
		new[name] = event[name]
	end
	for i = 1, #exposure_earliest do
		local name = exposure_earliest[i]
		new[name] = earliest(old[name], event[name])
	end
	for i = 1, #exposure_latest do
		local name = exposure_latest[i]
		new[name] = latest(old[name], event[name])
	end
	for i = 1, #exposure_highest do
		local name = exposure_highest[i]
		highest(old, others, new, name, event[name])
	end
	for i = 1, #exposure_total do
		local name = exposure_total[i]
		total(old, others, new, name, event[name])
	end
	interval(old, others, new, event.changed_after, event.changed_before, fresh)
	new.wall_was = new.changed_after and (event.wall_was or old.wall_was)
	if state == 'closed' then
		new.closed = latest(old.closed, event.closed)
		new.close_reason, new.close_odds = event.close_reason, event.close_odds
	end
	-- Only of what was opened again; else it is `opened`.
	if fresh then new.open_since = old.state and event.ts or nil else new.open_since = old.open_since end
	if new.level ~= old.level then new.level_name = levels[number(new.level)] end
	if new.severity_number ~= old.severity_number then
		new.severity = severities[number(new.severity_number)]
	end
	if #others > 0 then new['sources' .. mine] = event.sources end
	return new, fresh
end

local function merge_incident(event, rest, old, others, gone)
	local new = {id = event.incident, last_event = event.kind, updated = event.ts, site = rest.site}
	for i = 1, #policy_texts do
		local name = policy_texts[i]
		new[name] = rest[name]
	end
	if not event.exposure then new.reason = event.reason end
	local fresh = is_fresh(old, event.incident_state)
	part(others, new)
	local state = state_of(old, others, new, event.incident_state, gone)
	new.opened = earliest(old.opened, event.incident_opened)
	new.last = latest(old.last, event.incident_last)
	interval(old, others, new, event.incident_changed_after, event.incident_changed_before, fresh)
	new.one_change = event.incident_one_change
	if state == 'closed' then new.closed = latest(old.closed, event.incident_closed) end
	new.level_name = levels[highest(old, others, new, 'level', event.incident_level)]
	new.severity = severities[highest(old, others, new, 'severity_number',
		event.incident_severity_number)]
	highest(old, others, new, 'open_count', event.incident_open_count)
	highest(old, others, new, 'member_count', event.incident_member_count)
	highest(old, others, new, 'unannounced_count', event.incident_unannounced_count)
	highest(old, others, new, 'untracked_count', event.incident_untracked_count)
	new.ports = event.incident_ports
	return new, fresh
end

merger = {read_object = read_object, merge_exposure = merge_exposure, merge_incident = merge_incident,
	exposure_names = exposure_names, incident_names = incident_names, incident_own = incident_own,
	outdated = outdated}
return merger
end
