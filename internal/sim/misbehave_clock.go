package sim

import "time"

// swing is how long the observer's clock is right or wrong at a time.
const swing = 2 * time.Minute

func jumpingClock() Misbehaviour {
	return Misbehaviour{
		Name: "jumping-clock",
		Sentence: "The clock of the observer jumps: two minutes right, two minutes two hours ahead, two minutes right, two minutes half an hour behind; " +
			"what was seen in the future or long ago counts for nothing, and no soak is shortened.",
		Expected: StaysClosed,
		begin: func(c *Cluster) (hooks, error) {
			began := c.now
			return hooks{clock: func(now time.Time) time.Time {
				switch now.Sub(began) / swing % 4 {
				case 1:
					return now.Add(2 * time.Hour)
				case 3:
					return now.Add(-30 * time.Minute)
				}
				return now
			}}, nil
		},
	}
}
