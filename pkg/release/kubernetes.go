package release

// KubernetesSupport is what Istio's own support table says of one minor.
type KubernetesSupport struct {
	Istio string `json:"istio"`
	// Min and Max are the lowest and highest Kubernetes minor that the Istio project tests and supports.
	Min string `json:"min,omitempty"`
	Max string `json:"max,omitempty"`
	// Floor is the Kubernetes minor below which istioctl of that minor refuses to install; empty where it was not read.
	Floor string `json:"floor,omitempty"`
	// Source says where Min and Max come from.
	Source string `json:"source"`
}

// kubernetesSupport is bundled because the clusters that need it most cannot look it up. Floor is minK8SVersion of
// istioctl/pkg/install/k8sversion/version.go in istio/istio at the tag X.Y.0.
var kubernetesSupport = []KubernetesSupport{
	{Istio: "1.20", Min: "1.25", Max: "1.29", Floor: "1.25", Source: endOfLife},
	{Istio: "1.21", Min: "1.26", Max: "1.29", Source: endOfLife},
	{Istio: "1.22", Min: "1.27", Max: "1.30", Floor: "1.26", Source: endOfLife},
	{Istio: "1.23", Min: "1.27", Max: "1.30", Source: endOfLife},
	{Istio: "1.24", Min: "1.28", Max: "1.31", Floor: "1.28", Source: endOfLife},
	{Istio: "1.25", Min: "1.29", Max: "1.32", Floor: "1.28", Source: endOfLife},
	{Istio: "1.26", Min: "1.29", Max: "1.33", Floor: "1.29", Source: endOfLife},
	{Istio: "1.27", Min: "1.29", Max: "1.33", Floor: "1.29", Source: endOfLife},
	{Istio: "1.28", Min: "1.30", Max: "1.34", Floor: "1.29", Source: endOfLife},
	{Istio: "1.29", Min: "1.31", Max: "1.35", Floor: "1.30", Source: endOfLife},
	{Istio: "1.30", Min: "1.32", Max: "1.36", Floor: "1.32", Source: announcement},
	{Istio: "1.31", Min: "1.32", Max: "1.36", Floor: "1.32", Source: announcement},
}

const (
	endOfLife = "endoflife-date/endoflife.date products/istio.md at 0118c3037fa9, read from Istio's supported releases page"
	// Where the announcement and a later table differ, the narrower range is kept.
	announcement = "Istio's announcement of the minor's first release"
)

// Kubernetes returns the row of the bundled table for an Istio minor ("1.29").
func Kubernetes(istioMinor string) (KubernetesSupport, bool) {
	for _, row := range kubernetesSupport {
		if row.Istio == istioMinor {
			return row, true
		}
	}
	return KubernetesSupport{}, false
}

// KubernetesRange returns the lowest and highest Kubernetes minor that an Istio minor supports: "1.29" gives "1.31" and "1.35". What the
// bundled table does not know is not known; a caller must not take that for a yes.
func KubernetesRange(istioMinor string) (min, max string, known bool) {
	row, known := Kubernetes(istioMinor)
	return row.Min, row.Max, known
}
