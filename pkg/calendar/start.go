package calendar

import (
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/robfig/cron/v3"

	"github.com/linnet-bot/linnet/internal/nearest"
)

// cronFields are the five, in order, with what each takes.
var cronFields = [5]struct{ name, takes string }{
	{"minute", "0-59"}, {"hour", "0-23"}, {"day of the month", "1-31"}, {"month", "1-12 or jan-dec"}, {"day of the week", "0-6 or sun-sat, where 0 is Sunday"},
}

var (
	cronParser = cron.NewParser(cron.Minute | cron.Hour | cron.Dom | cron.Month | cron.Dow)
	clockTime  = regexp.MustCompile(`^([01]?[0-9]|2[0-3]):([0-5][0-9])$`)
	letters    = regexp.MustCompile(`[A-Za-z]+`)

	monthNames   = []string{"jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"}
	weekdayNames = []string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"}
	descriptors  = map[string]string{"@hourly": "0 * * * *", "@daily": "0 0 * * *", "@midnight": "0 0 * * *", "@weekly": "0 0 * * 0", "@monthly": "0 0 1 * *", "@yearly": "0 0 1 1 *", "@annually": "0 0 1 1 *"}
)

// readStart reads a cron expression, or says what is wrong with it.
func readStart(text string) (starts cron.Schedule, wrong string) {
	fields := strings.Fields(text)
	if clock := clockTime.FindStringSubmatch(text); clock != nil {
		return nil, fmt.Sprintf("is %q, but must be a cron expression; did you mean \"%d %d * * *\"?", text, number(clock[2]), number(clock[1]))
	}
	if meant, ok := descriptors[strings.ToLower(text)]; ok {
		return nil, fmt.Sprintf("is %q, but must be five fields; did you mean %q?", text, meant)
	}
	switch {
	case len(fields) == 0:
		return nil, `is missing; write a cron expression such as "0 22 * * mon-thu"`
	case strings.Contains(fields[0], "="):
		return nil, fmt.Sprintf("is %q, but must begin with the minute; write the time zone into zone", text)
	case len(fields) == 6 && fields[0] == "0":
		return nil, fmt.Sprintf("is %q, which has six fields, but there are no seconds here; did you mean %q?", text, strings.Join(fields[1:], " "))
	case len(fields) != len(cronFields):
		return nil, fmt.Sprintf(`is %q, but must be five fields: minute, hour, day of the month, month, day of the week, such as "0 22 * * mon-thu"`, text)
	}
	for i, f := range fields {
		if !reads(i, f) {
			return nil, fmt.Sprintf("is %q, whose %s is %q, but must be %s%s", text, cronFields[i].name, f, cronFields[i].takes, fieldMeant(i, f))
		}
	}
	starts, err := cronParser.Parse(text)
	if err != nil {
		return nil, fmt.Sprintf("is %q, which is no cron expression: %v", text, err)
	}
	if s, ok := starts.(*cron.SpecSchedule); ok {
		s.Location = time.UTC // it is asked for what a clock shows; see window.opensAfter
	}
	return starts, ""
}

// reads tells whether the field alone is understood.
func reads(i int, field string) bool {
	alone := []string{"*", "*", "*", "*", "*"}
	alone[i] = field
	_, err := cronParser.Parse(strings.Join(alone, " "))
	return err == nil
}

// fieldMeant guesses: names written out ("Monday", "monn"), Sunday as 7, days across the end of the week ("fri-mon").
func fieldMeant(i int, field string) string {
	names := map[int][]string{3: monthNames, 4: weekdayNames}[i]
	meant := letters.ReplaceAllStringFunc(strings.ToLower(field), func(word string) string {
		if len(word) > 3 && nearest.Word(word[:3], names) == word[:3] {
			return word[:3]
		}
		if near := nearest.Word(word, names); near != "" {
			return near
		}
		return word
	})
	if from, to, ok := strings.Cut(meant, "-"); i == 4 && ok && !reads(i, meant) && reads(i, from) && reads(i, to) {
		meant = from + "-sat,sun-" + to
	}
	if i == 4 && meant == "7" {
		meant = "0"
	}
	if i == 1 && meant == "24" {
		meant = "0"
	}
	if meant == strings.ToLower(field) || !reads(i, meant) {
		return ""
	}
	return fmt.Sprintf("; did you mean %q?", meant)
}

// number is the value of one or two digits.
func number(digits string) (n int) {
	for _, d := range digits {
		n = 10*n + int(d-'0')
	}
	return n
}
