"""Working days. China's are written here a second time, from the notices of the State Council, so that the shipped file is checked too."""
import datetime

FIRST, LAST = datetime.date(2024, 1, 1), datetime.date(2026, 12, 31)

# (first day off, last day off)
CHINA_OFF = [
    ('2024-01-01', '2024-01-01'), ('2024-02-10', '2024-02-17'), ('2024-04-04', '2024-04-06'), ('2024-05-01', '2024-05-05'), ('2024-06-10', '2024-06-10'),
    ('2024-09-15', '2024-09-17'), ('2024-10-01', '2024-10-07'),
    ('2025-01-01', '2025-01-01'), ('2025-01-28', '2025-02-04'), ('2025-04-04', '2025-04-06'), ('2025-05-01', '2025-05-05'), ('2025-05-31', '2025-06-02'),
    ('2025-10-01', '2025-10-08'),
    ('2026-01-01', '2026-01-03'), ('2026-02-15', '2026-02-23'), ('2026-04-04', '2026-04-06'), ('2026-05-01', '2026-05-05'), ('2026-06-19', '2026-06-21'),
    ('2026-09-25', '2026-09-27'), ('2026-10-01', '2026-10-07'),
]
# weekend days worked in exchange
CHINA_WORKED = [
    '2024-02-04', '2024-02-18', '2024-04-07', '2024-04-28', '2024-05-11', '2024-09-14', '2024-09-29', '2024-10-12',
    '2025-01-26', '2025-02-08', '2025-04-27', '2025-09-28', '2025-10-11',
    '2026-01-04', '2026-02-14', '2026-02-28', '2026-05-09', '2026-09-20', '2026-10-10',
]


class Calendar:
    def __init__(self, first, last, off, worked):
        self.first, self.last, self.off, self.worked = first, last, off, worked

    def works(self, day):
        return day in self.worked or (day.weekday() < 5 and day not in self.off)

    def add(self, day, n):
        """The n-th working day after `day`; None outside the calendar's days."""
        if not self.first <= day <= self.last:
            return None
        while n:
            day += datetime.timedelta(1)
            if day > self.last:
                return None
            n -= self.works(day)
        return day


def china():
    off = {day for a, b in CHINA_OFF for day in days(a + '..' + b)}
    return Calendar(FIRST, LAST, off, {datetime.date.fromisoformat(d) for d in CHINA_WORKED})


def days(text):
    first, _, last = text.partition('..')
    day, last = datetime.date.fromisoformat(first), datetime.date.fromisoformat(last or first)
    while day <= last:
        yield day
        day += datetime.timedelta(1)


def read(path):
    """A calendar file, as docs/calendar.md says."""
    calendar = Calendar(None, None, set(), set())
    with open(path, encoding='utf-8') as f:
        for line in f:
            words = line.split('#')[0].split()
            if words and words[0] == 'range':
                calendar.first, calendar.last = map(datetime.date.fromisoformat, words[1:3])
            elif words:
                {'holiday': calendar.off, 'worked': calendar.worked}[words[0]].update(days(words[1]))
    return calendar
