/* The moons step by hand: MLP(2, [16, 16, 1]), relu, max-margin loss, L2; parameters per neuron
   are its weights, then its bias. */
#include <string.h>

#define H 16

double step(int n, const double *points, const double *targets, double *p, double *g, double rate,
            double decay) {
    double *w1 = p, *w2 = p + 3 * H, *w3 = p + 3 * H + H * (H + 1);
    double *g1 = g, *g2 = g + 3 * H, *g3 = g + 3 * H + H * (H + 1);
    const int count = 3 * H + H * (H + 1) + H + 1;
    double loss = 0.0;
    memset(g, 0, sizeof(double) * count);
    for (int i = 0; i < n; i++) {
        double a[H], b[H], da[H] = {0};
        const double x = points[2 * i], y = points[2 * i + 1];
        for (int j = 0; j < H; j++) {
            const double s = w1[3 * j + 2] + w1[3 * j] * x + w1[3 * j + 1] * y;
            a[j] = s > 0 ? s : 0;
        }
        for (int j = 0; j < H; j++) {
            const double *w = w2 + j * (H + 1);
            double s = w[H];
            for (int k = 0; k < H; k++) s += w[k] * a[k];
            b[j] = s > 0 ? s : 0;
        }
        double s = w3[H];
        for (int k = 0; k < H; k++) s += w3[k] * b[k];
        const double margin = 1 - targets[i] * s;
        if (!(margin > 0)) continue;
        loss += margin / n;
        const double d = -targets[i] / n;
        g3[H] += d;
        for (int j = 0; j < H; j++) {
            g3[j] += d * b[j];
            if (!(b[j] > 0)) continue;
            const double db = d * w3[j];
            const double *w = w2 + j * (H + 1);
            double *gw = g2 + j * (H + 1);
            gw[H] += db;
            for (int k = 0; k < H; k++) {
                gw[k] += db * a[k];
                da[k] += db * w[k];
            }
        }
        for (int j = 0; j < H; j++) {
            if (!(a[j] > 0)) continue;
            g1[3 * j] += da[j] * x;
            g1[3 * j + 1] += da[j] * y;
            g1[3 * j + 2] += da[j];
        }
    }
    for (int k = 0; k < count; k++) {
        loss += decay * p[k] * p[k];
        g[k] += 2 * decay * p[k];
        p[k] -= rate * g[k];
    }
    return loss;
}
