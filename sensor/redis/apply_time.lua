-- SPDX-License-Identifier: ISC
-- Moments: "2026-11-30T18:00:00.123456Z" and milliseconds since 1970. Days by Howard Hinnant's
-- "chrono-compatible low-level date algorithms", which are in the public domain.

local function days_of(year, month, day)
	if month <= 2 then year = year - 1 end
	local era = math.floor(year / 400)
	local of_era = year - era * 400
	local of_year = math.floor((153 * (month + (month > 2 and -3 or 9)) + 2) / 5) + day - 1
	return era * 146097 + of_era * 365 + math.floor(of_era / 4) - math.floor(of_era / 100) +
		of_year - 719468
end

local known_days = {}

-- Nil if it is no such text.
local function ms_of(text)
	if not text or #text < 20 then return nil end
	local date = text:sub(1, 10)
	local day = known_days[date]
	if not day then
		local y, m, d = date:match('^(%d%d%d%d)%-(%d%d)%-(%d%d)$')
		if not y then return nil end
		day = days_of(tonumber(y), tonumber(m), tonumber(d)) * 86400
		known_days[date] = day
	end
	local h, m, s = tonumber(text:sub(12, 13)), tonumber(text:sub(15, 16)), tonumber(text:sub(18, 19))
	if not h or not m or not s then return nil end
	return (day + h * 3600 + m * 60 + s) * 1000 + (tonumber(text:sub(21, 23)) or 0)
end

local function whole(n)
	return string.format('%.0f', n)
end

local function text_of(seconds, microseconds)
	local days, rest = math.floor(seconds / 86400), seconds % 86400
	local shifted = days + 719468
	local era = math.floor(shifted / 146097)
	local of_era = shifted - era * 146097
	local year = math.floor((of_era - math.floor(of_era / 1460) + math.floor(of_era / 36524) -
		math.floor(of_era / 146096)) / 365)
	local of_year = of_era - (365 * year + math.floor(year / 4) - math.floor(year / 100))
	local part = math.floor((5 * of_year + 2) / 153)
	local month = part < 10 and part + 3 or part - 9
	return string.format('%04d-%02d-%02dT%02d:%02d:%02d.%06dZ',
		year + era * 400 + (month <= 2 and 1 or 0), month,
		of_year - math.floor((153 * part + 2) / 5) + 1, math.floor(rest / 3600),
		math.floor(rest / 60) % 60, rest % 60, microseconds)
end

-- Redis's clock, asked once: seconds, milliseconds, text.
local now = nil
local function clock()
	if not now then
		local time = redis.call('TIME')
		now = {s = tonumber(time[1]), us = tonumber(time[2])}
		now.ms = now.s * 1000 + math.floor(now.us / 1000)
	end
	return now
end
