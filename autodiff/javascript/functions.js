// Written by scripts/make_javascript.py from the rule table: do not edit.
// f_name is a function, d_name its local derivatives, one per variable; null is none.

const f_less = (x_, y_) => ((x_ < y_) ? 1 : 0);
const d_less = [() => null, () => null];

const f_less_equal = (x_, y_) => ((x_ <= y_) ? 1 : 0);
const d_less_equal = [() => null, () => null];

const f_greater = (x_, y_) => ((x_ > y_) ? 1 : 0);
const d_greater = [() => null, () => null];

const f_greater_equal = (x_, y_) => ((x_ >= y_) ? 1 : 0);
const d_greater_equal = [() => null, () => null];

const f_equal = (x_, y_) => ((x_ === y_) ? 1 : 0);
const d_equal = [() => null, () => null];

const f_not_equal = (x_, y_) => ((x_ !== y_) ? 1 : 0);
const d_not_equal = [() => null, () => null];

const f_not = (x_) => ((x_ === 0) ? 1 : 0);
const d_not = [() => null];

const f_where = (c_, x_, y_) => (c_ !== 0 ? x_ : y_);
const d_where = [() => null, (z_, c_, x_, y_) => {
    if (!(c_ !== 0)) return null;
    return 1;
}, (z_, c_, x_, y_) => {
    if (!(c_ === 0)) return null;
    return 1;
}];

const f_one = (x_) => {
    if ((x_ === x_)) {
        return 1;
    }
    return x_;
};
const d_one = [() => null];

const f_gate = (c_, x_, y_) => {
    if ((c_ !== 0)) {
        return (x_ * y_);
    }
    return 0;
};
const d_gate = [() => null, (z_, c_, x_, y_) => {
    if (!(c_ !== 0)) return null;
    return y_;
}, (z_, c_, x_, y_) => {
    if (!(c_ !== 0)) return null;
    return x_;
}];

const f_identity = (x_) => x_;
const d_identity = [(z_, x_) => 1];

const f_unsure = (x_) => x_;
const d_unsure = [(z_, x_) => 1];

const f_relu = (x_) => {
    if ((x_ <= 0)) {
        return 0;
    }
    return x_;
};
const d_relu = [(z_, x_) => {
    if (!(!(x_ <= 0))) return null;
    return f_one(x_);
}];

const f_relu6 = (x_) => {
    if ((x_ <= 0)) {
        return 0;
    }
    if ((x_ >= 6)) {
        return 6;
    }
    return x_;
};
const d_relu6 = [(z_, x_) => {
    if (!((((x_ <= 0) ? 1 : 0) + ((x_ >= 6) ? 1 : 0)) === 0)) return null;
    return f_one(x_);
}];

const f_hardtanh = (x_) => {
    if ((x_ <= -1)) {
        return -1;
    }
    if ((x_ >= 1)) {
        return 1;
    }
    return x_;
};
const d_hardtanh = [(z_, x_) => {
    if (!((((x_ <= -1) ? 1 : 0) + ((x_ >= 1) ? 1 : 0)) === 0)) return null;
    return f_one(x_);
}];

const f_clip = (x_, lo_, hi_) => {
    if ((lo_ <= hi_)) {
        if ((lo_ <= hi_)) {
            if ((x_ <= lo_)) {
                return lo_;
            }
            if ((x_ >= hi_)) {
                return hi_;
            }
            return x_;
        }
        return NaN;
    }
    return NaN;
};
const d_clip = [(z_, x_, lo_, hi_) => {
    if (!((((x_ <= lo_) ? 1 : 0) + ((x_ >= hi_) ? 1 : 0)) === 0)) return null;
    return f_one(x_);
}, (z_, x_, lo_, hi_) => {
    if (!(x_ <= lo_)) return null;
    return 1;
}, (z_, x_, lo_, hi_) => {
    if (!((((x_ >= hi_) ? 1 : 0) * ((!(x_ <= lo_)) ? 1 : 0)) !== 0)) return null;
    return 1;
}];

const f_maximum = largest;
const d_maximum = { columns: 1, tail: 0, shared: () => [f_ties], of: [(z_, x_, ties_) => {
    if (!(!(x_ < z_))) return null;
    return (1 / ties_);
}] };

const f_minimum = smallest;
const d_minimum = { columns: 1, tail: 0, shared: () => [f_ties], of: [(z_, x_, ties_) => {
    if (!(!(x_ > z_))) return null;
    return (1 / ties_);
}] };

const f_ties = ties;
const d_ties = { columns: 1, tail: 0, shared: () => [], of: [() => null] };

const f_take = entry;
const d_take = { columns: 1, tail: 1, shared: () => [], of: [(z_, x_, index_, row_) => {
    if (!(row_ === index_)) return null;
    return 1;
}, () => null] };

const f_add = (x_, y_) => (x_ + y_);
const d_add = [(z_, x_, y_) => 1, (z_, x_, y_) => 1];

const f_sub = (x_, y_) => (x_ - y_);
const d_sub = [(z_, x_, y_) => 1, (z_, x_, y_) => -1];

const f_mul = (x_, y_) => (x_ * y_);
const d_mul = [(z_, x_, y_) => y_, (z_, x_, y_) => x_];

const f_div = (x_, y_) => (x_ / y_);
const d_div = [(z_, x_, y_) => (1 / y_), (z_, x_, y_) => ((-z_) / y_)];

const f_neg = (x_) => (-x_);
const d_neg = [(z_, x_) => -1];

const f_abs = Math.abs;
const d_abs = [(z_, x_) => f_sign(x_)];

const f_fabs = Math.abs;
const d_fabs = [(z_, x_) => f_sign(x_)];

const f_sign = (x_) => {
    if ((x_ > 0)) {
        return 1;
    }
    if ((x_ < 0)) {
        return -1;
    }
    if ((x_ === 0)) {
        return 0;
    }
    return x_;
};
const d_sign = [() => null];

const f_copysign = copysign;
const d_copysign = [(z_, x_, y_) => (f_sign(x_) * f_copysign(1, y_)), () => null];

const f_ratio = (x_, h_) => {
    if ((h_ !== 0)) {
        return (x_ / h_);
    }
    return 0;
};
const d_ratio = [(z_, x_, h_) => f_ratio(1, h_), (z_, x_, h_) => (-f_ratio(z_, h_))];

const f_floor = floor;
const d_floor = [() => null];

const f_nearest = nearest;
const d_nearest = [() => null];

const f_finite = (x_) => (((x_ - x_) === 0) ? 1 : 0);
const d_finite = [() => null];

const f_whole = (x_) => {
    if (((x_ - x_) === 0)) {
        return ((f_floor(x_) === x_) ? 1 : 0);
    }
    return ((x_ === x_) ? 1 : 0);
};
const d_whole = [() => null];

const f_mod = mod;
const d_mod = [(z_, x_, y_) => 1, (z_, x_, y_) => (-f_floordiv(x_, y_))];

const f_floordiv = floordiv;
const d_floordiv = [() => null, () => null];

const f_fmod = (x_, y_) => (x_ % y_);
const d_fmod = [(z_, x_, y_) => 1, (z_, x_, y_) => (-f_trunc_quotient(x_, y_))];

const f_remainder = remainder;
const d_remainder = [(z_, x_, y_) => 1, (z_, x_, y_) => (-f_round_quotient(x_, y_))];

const f_trunc_quotient = (x_, y_) => (f_nearest(((x_ - (x_ % y_)) / y_)) + 0);
const d_trunc_quotient = [() => null, () => null];

const f_round_quotient = (x_, y_) => (f_nearest(((x_ - f_remainder(x_, y_)) / y_)) + 0);
const d_round_quotient = [() => null, () => null];

const f_round = round;
const d_round = [() => null, () => null];

const f_exp = Math.exp;
const d_exp = [(z_, x_) => z_];

const f_exp2 = exp2;
const d_exp2 = [(z_, x_) => (z_ * 0.6931471805599453)];

const f_expm1 = Math.expm1;
const d_expm1 = [(z_, x_) => f_exp(x_)];

const f_log = Math.log;
const d_log = [(z_, x_) => (1 / x_)];

const f_log2 = Math.log2;
const d_log2 = [(z_, x_) => (1.4426950408889634 / x_)];

const f_log10 = Math.log10;
const d_log10 = [(z_, x_) => (0.43429448190325176 / x_)];

const f_log1p = Math.log1p;
const d_log1p = [(z_, x_) => (1 / (1 + x_))];

const f_sqrt = Math.sqrt;
const d_sqrt = [(z_, x_) => (0.5 / (z_ + 0))];

const f_cbrt = Math.cbrt;
const d_cbrt = [(z_, x_) => (f_cbrt_power(-2, x_) / 3)];

const g_cbrt_power = (n_, x_) => f_pow(f_cbrt(x_), n_);
const f_cbrt_power = (...xs) => orElse(g_cbrt_power(...xs), [-1, 1], xs);
const d_cbrt_power = [() => null, (z_, n_, x_) => ((n_ / 3) * f_cbrt_power((n_ - 3), x_))];

const f_pow = power;
const d_pow = [(z_, x_, y_) => f_power_slope(x_, y_), (z_, x_, y_) => f_power_growth(x_, y_)];

const f_power_slope = (x_, y_) => f_power_term(y_, x_, (y_ - 1), 0);
const d_power_slope = [(z_, x_, y_) => f_power_term((y_ * (y_ - 1)), x_, (y_ - 2), 0), (z_, x_, y_) => f_power_cross(x_, y_)];

const f_power_growth = (x_, y_) => f_power_term(1, x_, y_, 1);
const d_power_growth = [(z_, x_, y_) => f_power_cross(x_, y_), (z_, x_, y_) => f_power_term(1, x_, y_, 2)];

const f_power_cross = (x_, y_) => {
    if (((x_ === 0) && (y_ === y_))) {
        if ((y_ > 1)) {
            return 0;
        }
        if ((y_ === 0)) {
            return Infinity;
        }
        if ((y_ < 0)) {
            return Infinity;
        }
        return -Infinity;
    }
    return (f_power_term(1, x_, (y_ - 1), 0) + f_power_term(y_, x_, (y_ - 1), 1));
};
const d_power_cross = [(z_, x_, y_) => (f_power_term(((2 * y_) - 1), x_, (y_ - 2), 0) + f_power_term((y_ * (y_ - 1)), x_, (y_ - 2), 1)), (z_, x_, y_) => (f_power_term(2, x_, (y_ - 1), 1) + f_power_term(y_, x_, (y_ - 1), 2))];

const f_power_term = power_term;
const d_power_term = [(z_, c_, x_, y_, k_) => f_power_term(1, x_, y_, k_), (z_, c_, x_, y_, k_) => (f_power_term((c_ * y_), x_, (y_ - 1), k_) + f_power_term((c_ * k_), x_, (y_ - 1), (k_ - 1))), (z_, c_, x_, y_, k_) => f_power_term(c_, x_, y_, (k_ + 1)), () => null];

const f_xlogy = (x_, y_) => {
    if (((y_ > 0) || ((y_ === 0) && (x_ === 0)))) {
        if (((x_ === 0) && (y_ === 0))) {
            return 0;
        }
        return (x_ * f_log(y_));
    }
    return NaN;
};
const d_xlogy = [(z_, x_, y_) => f_log(y_), (z_, x_, y_) => f_ratio(x_, y_)];

const f_xlog1py = (x_, y_) => {
    if (((y_ > (-1)) || ((y_ === (-1)) && (x_ === 0)))) {
        if (((x_ === 0) && (y_ === -1))) {
            return 0;
        }
        return (x_ * f_log1p(y_));
    }
    return NaN;
};
const d_xlog1py = [(z_, x_, y_) => f_log1p(y_), (z_, x_, y_) => f_ratio(x_, (1 + y_))];

const g_log1mexp = (x_) => {
    if ((x_ < 0.6931471805599453)) {
        return f_log((-f_expm1((-x_))));
    }
    return f_log1p((-f_exp((-x_))));
};
const f_log1mexp = (...xs) => orElse(g_log1mexp(...xs), [NaN], xs);
const d_log1mexp = [(z_, x_) => (f_exp((-x_)) / (-f_expm1((-x_))))];

const f_logaddexp = (x_, y_) => {
    if ((x_ === y_)) {
        return (x_ + 0.6931471805599453);
    }
    if ((x_ > y_)) {
        return (x_ + f_log1p(f_exp((y_ - x_))));
    }
    return (y_ + f_log1p(f_exp((x_ - y_))));
};
const d_logaddexp = [(z_, x_, y_) => f_share(x_, y_), (z_, x_, y_) => f_share(y_, x_)];

const f_share = (x_, y_) => {
    if ((x_ === y_)) {
        return 0.5;
    }
    const t1 = (x_ - y_);
    let t5;
    if ((t1 >= 0)) {
        t5 = 1;
    } else {
        const t2 = f_exp((-f_abs(t1)));
        let t4;
        if ((f_abs(t1) < Infinity)) {
            const t3 = (t1 - x_);
            t4 = ((x_ - (t1 - t3)) - (y_ + t3));
        } else {
            t4 = 0;
        }
        t5 = ((t1 >= 0) ? (t2 - (t2 * t4)) : (t2 + (t2 * t4)));
    }
    const t6 = f_exp((-f_abs(t1)));
    let t8;
    if ((f_abs(t1) < Infinity)) {
        const t7 = (t1 - x_);
        t8 = ((x_ - (t1 - t7)) - (y_ + t7));
    } else {
        t8 = 0;
    }
    return (t5 / (1 + ((t1 >= 0) ? (t6 - (t6 * t8)) : (t6 + (t6 * t8)))));
};
const d_share = [(z_, x_, y_) => (z_ * f_share(y_, x_)), (z_, x_, y_) => ((-z_) * f_share(y_, x_))];

const f_erf = erf;
const d_erf = [(z_, x_) => f_gauss(1.1283791670955126, 0, x_)];

const f_erfc = erfc;
const d_erfc = [(z_, x_) => f_gauss(-1.1283791670955126, 0, x_)];

const f_gauss = (c_, n_, x_) => {
    if ((n_ < 0)) {
        const t1 = (c_ * 0);
        return t1;
    }
    const t2 = f_exp(((-x_) * x_));
    if ((t2 !== 0)) {
        return (c_ * (f_pow(x_, n_) * t2));
    }
    const t3 = (c_ * 0);
    return t3;
};
const d_gauss = [(z_, c_, n_, x_) => f_gauss(1, n_, x_), () => null, (z_, c_, n_, x_) => (f_gauss((c_ * n_), (n_ - 1), x_) + f_gauss((-2 * c_), (n_ + 1), x_))];

const g_erfcx = (x_) => {
    if ((x_ < 10)) {
        const t1 = f_exp((x_ * x_));
        const t2 = (134217729 * x_);
        const t3 = (t2 - (t2 - x_));
        const t4 = (x_ - t3);
        const t5 = (134217729 * x_);
        const t6 = (t5 - (t5 - x_));
        const t7 = (x_ - t6);
        return ((t1 + (t1 * ((t4 * t7) - ((((x_ * x_) - (t3 * t6)) - (t4 * t6)) - (t3 * t7))))) * f_erfc(x_));
    }
    const t8 = ((1 / x_) / x_);
    return ((0.5641895835477563 * (1 - ((0.5 * t8) * (1 - ((1.5 * t8) * (1 - ((2.5 * t8) * (1 - ((3.5 * t8) * (1 - ((4.5 * t8) * (1 - ((5.5 * t8) * (1 - ((6.5 * t8) * (1 - ((7.5 * t8) * (1 - ((8.5 * t8) * (1 - ((9.5 * t8) * (1 - ((10.5 * t8) * (1 - ((11.5 * t8) * (1 - ((12.5 * t8) * (1 - ((13.5 * t8) * 1))))))))))))))))))))))))))))) / x_);
};
const f_erfcx = (...xs) => orElse(g_erfcx(...xs), [Infinity], xs);
const d_erfcx = [(z_, x_) => (-2 * f_erfcx_slope(x_))];

const g_erfcx_slope = (x_) => {
    if ((x_ < 0.5)) {
        return (0.5641895835477563 - (x_ * f_erfcx(x_)));
    }
    if ((x_ < 10)) {
        const t1 = ((2 / (2 + x_)) - 0.4837);
        return (((((((((((((((((((((((((((((((((((((((((((-1.81245019299933 * t1) + 0.5604266945010491) * t1) + 1.818632781266259) * t1) + -1.42176382268564) * t1) + -0.3831346885558826) * t1) + 1.296060103153437) * t1) + -0.746040021204947) * t1) + -0.4454691756668234) * t1) + 0.9790544966912784) * t1) + -0.34372765076876644) * t1) + -0.6385049249824588) * t1) + 0.7406622002807575) * t1) + 0.17073571676955274) * t1) + -0.8368919856913452) * t1) + 0.19632984877285736) * t1) + 0.8636033444464861) * t1) + -0.41065759954088116) * t1) + -1.0895926966331488) * t1) + 0.3109624014828642) * t1) + 1.8820337120399844) * t1) + 1.8716824100852036) * t1) + 0.823361964678983) / ((2 + x_) * (2 + x_)));
    }
    const t2 = ((1 / x_) / x_);
    return (((0.28209479177387814 * (1 - ((1.5 * t2) * (1 - ((2.5 * t2) * (1 - ((3.5 * t2) * (1 - ((4.5 * t2) * (1 - ((5.5 * t2) * (1 - ((6.5 * t2) * (1 - ((7.5 * t2) * (1 - ((8.5 * t2) * (1 - ((9.5 * t2) * (1 - ((10.5 * t2) * (1 - ((11.5 * t2) * (1 - ((12.5 * t2) * (1 - ((13.5 * t2) * 1))))))))))))))))))))))))))) / x_) / x_);
};
const f_erfcx_slope = (...xs) => orElse(g_erfcx_slope(...xs), [Infinity], xs);
const d_erfcx_slope = [(z_, x_) => f_erfcx_bend(x_)];

const g_erfcx_bend = (x_) => {
    if ((x_ < 10)) {
        return (((2 * x_) * f_erfcx_slope(x_)) - f_erfcx(x_));
    }
    const t1 = ((1 / x_) / x_);
    return ((-0.5641895835477563 * ((0.5 * t1) * (2 - ((1.5 * t1) * (4 - ((2.5 * t1) * (6 - ((3.5 * t1) * (8 - ((4.5 * t1) * (10 - ((5.5 * t1) * (12 - ((6.5 * t1) * (14 - ((7.5 * t1) * (16 - ((8.5 * t1) * (18 - ((9.5 * t1) * (20 - ((10.5 * t1) * (22 - ((11.5 * t1) * (24 - ((12.5 * t1) * (26 - ((13.5 * t1) * 28)))))))))))))))))))))))))))) / x_);
};
const f_erfcx_bend = (...xs) => orElse(g_erfcx_bend(...xs), [-Infinity], xs);
const d_erfcx_bend = [(z_, x_) => ((4 * f_erfcx_slope(x_)) + ((2 * x_) * z_))];

const g_erfinv = (x_) => {
    const t1 = f_abs(x_);
    if ((t1 <= 0.75)) {
        const t2 = ((x_ * x_) - 0.28125);
        return (x_ * ((((((((((((((((((((((((((((((((((((((((((25.480000442399778 * t2) + 19.231285964454486) * t2) + 3.463873547768743) * t2) + 2.6687833271190886) * t2) + 4.1472803387770165) * t2) + 3.1766425454500213) * t2) + 2.2219292142477305) * t2) + 1.720587756643931) * t2) + 1.354250776982074) * t2) + 1.0607200040198959) * t2) + 0.8363449073247711) * t2) + 0.6657441667943559) * t2) + 0.535581097399536) * t2) + 0.4364738897477667) * t2) + 0.3615528506614189) * t2) + 0.30588530619726156) * t2) + 0.2662517270892308) * t2) + 0.24128321684518744) * t2) + 0.23252305015377653) * t2) + 0.24893511100361468) * t2) + 0.33232999405768204) * t2) + 0.9640216376238271));
    }
    const t3 = f_sqrt((-f_log((1 - t1))));
    let t6;
    if ((t3 < 2.75)) {
        const t4 = (t3 - 2);
        t6 = ((((((((((((((((((((((((((((((((((((((((((-6.080040579986383e-09 * t4) + 6.426911226903014e-09) * t4) + 1.1952011421835444e-08) * t4) + -2.5112329294151162e-08) * t4) + 5.3697828051034404e-08) * t4) + -1.7634928006221388e-07) * t4) + 4.436740895065921e-07) * t4) + -8.991835639792259e-07) * t4) + 1.4954430084134356e-06) * t4) + -1.5623840117378193e-06) * t4) + -1.609708190888184e-06) * t4) + 1.6340387359208724e-05) * t4) + -6.484256871330858e-05) * t4) + 0.00020030438732249428) * t4) + -0.0005371023001293573) * t4) + 0.0012898648027887814) * t4) + -0.0027734534228682993) * t4) + 0.00515208451889698) * t4) + -0.007155583524950847) * t4) + 0.0008943139900658029) * t4) + 1.0495530231710473) * t4) + 1.6681883160584965);
    } else {
        const t5 = (t3 - 4.5);
        t6 = ((((((((((((((((((((((((((((((((((((((-1.7270067343881018e-14 * t5) + 7.260853126871433e-14) * t5) + -1.8675495227962994e-13) * t5) + 1.2075559615363465e-12) * t5) + -6.972864072962142e-12) * t5) + 3.259238566389665e-11) * t5) + -1.517506443059755e-10) * t5) + 7.046194108677928e-10) * t5) + -3.171717895857029e-09) * t5) + 1.3790420652198858e-08) * t5) + -5.7494755954523325e-08) * t5) + 2.2568569244785554e-07) * t5) + -8.015613639921389e-07) * t5) + 2.2992635681126847e-06) * t5) + -2.5911386359929625e-06) * t5) + -3.392430706196941e-05) * t5) + 0.0004241246453415308) * t5) + -0.00359964884604231) * t5) + 1.0279196581288024) * t5) + 4.2662740969968915);
    }
    return f_copysign(t6, x_);
};
const f_erfinv = (...xs) => orElse(g_erfinv(...xs), [-Infinity, Infinity], xs);
const d_erfinv = [(z_, x_) => f_erfinv_slope(x_)];

const g_erfinv_slope = (x_) => {
    const t1 = f_abs(x_);
    return ((0.8862269254527579 * f_erfcx(f_erfinv(t1))) / (1 - t1));
};
const f_erfinv_slope = (...xs) => orElse(g_erfinv_slope(...xs), [Infinity, Infinity], xs);
const d_erfinv_slope = [(z_, x_) => (((2 * f_erfinv(x_)) * z_) * z_)];

const f_hypot = hypot;
const d_hypot = { columns: 1, tail: 0, shared: () => [f_fine_length, f_below_dominant], of: [(z_, x_, fine_length_, below_dominant_) => f_direction(x_, z_, fine_length_, below_dominant_)] };

const f_fine_length = fine_length;
const d_fine_length = { columns: 1, tail: 0, shared: () => [], of: [() => null] };

const f_dominant = dominant;
const d_dominant = { columns: 1, tail: 0, shared: () => [], of: [(z_, x_, row_) => {
    if (!((((row_ > 1) ? 1 : 0) * ((x_ === z_) ? 1 : 0)) !== 0)) return null;
    return 1;
}] };

const f_below_dominant = below_dominant;
const d_below_dominant = { columns: 1, tail: 0, shared: () => [f_dominant], of: [(z_, x_, dominant_, row_) => {
    if (!(row_ > 0)) return null;
    return (2 * (f_part_below(x_, dominant_) - (((x_ === dominant_) ? 1 : 0) * f_ratio(z_, dominant_))));
}] };

const f_part_below = (x_, m_) => {
    if ((f_abs(x_) < f_abs(m_))) {
        return ((x_ / m_) / m_);
    }
    return 0;
};
const d_part_below = [(z_, x_, m_) => (((f_abs(x_) < f_abs(m_)) ? 1 : 0) * f_ratio(f_ratio(1, m_), m_)), (z_, x_, m_) => (-2 * f_ratio(z_, m_))];

const f_leads = (x_, h_, q_) => (((q_ < 0.9) && (f_abs(x_) > (0.71 * h_))) ? 1 : 0);
const d_leads = [() => null, () => null, () => null];

const f_direction = (x_, h_, f_, q_) => {
    if ((h_ > 1e-290)) {
        return (x_ / h_);
    }
    return f_ratio((x_ * 4.149515568880993e+180), f_);
};
const d_direction = [(z_, x_, h_, f_, q_) => f_ratio(((f_leads(x_, h_, q_) === 0) ? 1 : 0), h_), (z_, x_, h_, f_, q_) => ((-z_) * f_ratio(((f_leads(x_, h_, q_) === 0) ? 1 : 0), h_)), () => null, (z_, x_, h_, f_, q_) => ((((-0.5 * z_) * z_) * z_) * f_leads(x_, h_, q_))];

const f_p_norm = p_norm;
const d_p_norm = { columns: 1, tail: 1, shared: () => [], of: [(z_, x_, p_) => (f_sign(x_) * f_pow(f_ratio(f_abs(x_), z_), (p_ - 1))), () => null] };

const f_sin = Math.sin;
const d_sin = [(z_, x_) => f_cos(x_)];

const f_cos = Math.cos;
const d_cos = [(z_, x_) => (-f_sin(x_))];

const f_tan = Math.tan;
const d_tan = [(z_, x_) => (1 + (z_ * z_))];

const f_asin = Math.asin;
const d_asin = [(z_, x_) => f_asin_slope(x_)];

const f_acos = Math.acos;
const d_acos = [(z_, x_) => (-f_asin_slope(x_))];

const f_atan = Math.atan;
const d_atan = [(z_, x_) => f_atan_slope(x_)];

const f_atan2 = Math.atan2;
const d_atan2 = [(z_, y_, x_) => f_over_norm2(x_, y_), (z_, y_, x_) => (-f_over_norm2(y_, x_))];

const f_degrees = (x_) => (x_ * 57.29577951308232);
const d_degrees = [(z_, x_) => 57.29577951308232];

const f_radians = (x_) => (x_ * 0.017453292519943295);
const d_radians = [(z_, x_) => 0.017453292519943295];

const f_sinc = (x_) => {
    if ((x_ === 0)) {
        return 1;
    }
    if ((f_abs(x_) >= 4503599627370496)) {
        return 0;
    }
    if ((x_ === x_)) {
        const t1 = (x_ % 2);
        const t2 = f_nearest((2 * t1));
        const t3 = f_mod(t2, 4);
        const t4 = (3.141592653589793 * (t1 - (0.5 * t2)));
        let t11;
        if ((t3 === 0)) {
            const t5 = f_sin(t4);
            t11 = t5;
        } else {
            let t10;
            if ((t3 === 1)) {
                const t6 = f_cos(t4);
                t10 = t6;
            } else {
                let t9;
                if ((t3 === 2)) {
                    const t7 = f_sin(t4);
                    t9 = (-t7);
                } else {
                    const t8 = f_cos(t4);
                    t9 = (-t8);
                }
                t10 = t9;
            }
            t11 = t10;
        }
        return ((t11 / (3.141592653589793 * x_)) + 0);
    }
    return x_;
};
const d_sinc = [(z_, x_) => f_sinc_slope(x_)];

const f_sinc_slope = (x_) => {
    if ((x_ === x_)) {
        if ((f_abs(x_) === Infinity)) {
            return 0;
        }
        const t1 = (3.141592653589793 * x_);
        if ((f_abs(t1) < 1)) {
            const t2 = (t1 * t1);
            return (3.141592653589793 * (t1 * (-0.3333333333333333 + ((0.03333333333333333 + ((-0.0011904761904761906 + ((2.2045855379188714e-05 + ((-2.505210838544172e-07 + ((1.9270852604185937e-09 + ((-1.0706029224547743e-11 + ((4.498331606952833e-14 + ((-1.4797143443923793e-16 + ((3.9145882126782523e-19 + (0 * t2)) * t2)) * t2)) * t2)) * t2)) * t2)) * t2)) * t2)) * t2)) * t2))));
        }
        const t3 = (x_ % 2);
        const t4 = f_nearest((2 * t3));
        const t5 = f_mod(t4, 4);
        const t6 = (3.141592653589793 * (t3 - (0.5 * t4)));
        let t13;
        if ((t5 === 0)) {
            const t7 = f_cos(t6);
            t13 = t7;
        } else {
            let t12;
            if ((t5 === 1)) {
                const t8 = f_sin(t6);
                t12 = (-t8);
            } else {
                let t11;
                if ((t5 === 2)) {
                    const t9 = f_cos(t6);
                    t11 = (-t9);
                } else {
                    const t10 = f_sin(t6);
                    t11 = t10;
                }
                t12 = t11;
            }
            t13 = t12;
        }
        return ((t13 - f_sinc(x_)) / x_);
    }
    return x_;
};
const d_sinc_slope = [(z_, x_) => f_sinc_derivative(2, x_)];

const f_sinc_derivative = sinc_derivative;
const d_sinc_derivative = [() => null, (z_, n_, x_) => f_sinc_derivative((n_ + 1), x_)];

const g_asin_slope = (x_) => (1 / f_sqrt(((1 - x_) * (1 + x_))));
const f_asin_slope = (...xs) => orElse(g_asin_slope(...xs), [Infinity, Infinity], xs);
const d_asin_slope = [(z_, x_) => (((x_ * z_) * z_) * z_)];

const f_atan_slope = (x_) => {
    if ((f_abs(x_) < 1e+150)) {
        return (1 / (1 + (x_ * x_)));
    }
    return ((1 / x_) / x_);
};
const d_atan_slope = [(z_, x_) => ((-2 * f_over_norm2(x_, 1)) * z_)];

const f_over_norm2 = (x_, y_) => {
    const t1 = f_hypot(x_, y_);
    if (((t1 > 1e-290) && (t1 < 1e+300))) {
        return ((x_ / t1) / t1);
    }
    if (((t1 !== t1) || (t1 === 0))) {
        return t1;
    }
    if (((f_abs(x_) === Infinity) || (f_abs(y_) === Infinity))) {
        return f_copysign(0, x_);
    }
    const t2 = (x_ * ((t1 < 1) ? 4.149515568880993e+180 : 2.409919865102884e-181));
    const t3 = f_hypot(t2, (y_ * ((t1 < 1) ? 4.149515568880993e+180 : 2.409919865102884e-181)));
    return (((t2 / t3) / t3) * ((t1 < 1) ? 4.149515568880993e+180 : 2.409919865102884e-181));
};
const d_over_norm2 = [(z_, x_, y_) => ((f_over_norm2(y_, x_) - z_) * (f_over_norm2(y_, x_) + z_)), (z_, x_, y_) => ((-2 * z_) * f_over_norm2(y_, x_))];

const f_sinh = Math.sinh;
const d_sinh = [(z_, x_) => f_cosh(x_)];

const f_cosh = Math.cosh;
const d_cosh = [(z_, x_) => f_sinh(x_)];

const f_tanh = Math.tanh;
const d_tanh = [(z_, x_) => (4 * f_sigmoid_slope((2 * x_)))];

const f_asinh = Math.asinh;
const d_asinh = [(z_, x_) => f_asinh_slope(x_)];

const f_acosh = Math.acosh;
const d_acosh = [(z_, x_) => f_acosh_slope(x_)];

const f_atanh = Math.atanh;
const d_atanh = [(z_, x_) => f_atanh_slope(x_)];

const f_sigmoid = (x_) => {
    if ((x_ >= 0)) {
        return (1 / (1 + f_exp((-x_))));
    }
    const t1 = f_exp(x_);
    return (t1 / (1 + t1));
};
const d_sigmoid = [(z_, x_) => f_sigmoid_slope(x_)];

const f_sigmoid_slope = (x_) => {
    const t1 = f_exp((-f_abs(x_)));
    return (t1 / ((1 + t1) * (1 + t1)));
};
const d_sigmoid_slope = [(z_, x_) => ((-z_) * f_tanh((0.5 * x_)))];

const f_asinh_slope = (x_) => (1 / f_hypot(1, x_));
const d_asinh_slope = [(z_, x_) => ((-f_over_norm2(x_, 1)) * z_)];

const g_acosh_slope = (x_) => (1 / (f_sqrt((x_ - 1)) * f_sqrt((x_ + 1))));
const f_acosh_slope = (...xs) => orElse(g_acosh_slope(...xs), [NaN, Infinity], xs);
const d_acosh_slope = [(z_, x_) => ((((-x_) * z_) * z_) * z_)];

const g_atanh_slope = (x_) => (1 / ((1 - x_) * (1 + x_)));
const f_atanh_slope = (...xs) => orElse(g_atanh_slope(...xs), [Infinity], xs);
const d_atanh_slope = [(z_, x_) => (((2 * x_) * z_) * z_)];

const f_log_sigmoid = (x_) => {
    if ((x_ >= 0)) {
        return (-f_log1p(f_exp((-x_))));
    }
    return (x_ - f_log1p(f_exp(x_)));
};
const d_log_sigmoid = [(z_, x_) => f_sigmoid((-x_))];

const g_logit = (x_) => {
    if (((x_ >= 0.25) && (x_ <= 0.75))) {
        return (2 * f_atanh(((2 * x_) - 1)));
    }
    return f_log((x_ / (1 - x_)));
};
const f_logit = (...xs) => orElse(g_logit(...xs), [NaN, Infinity], xs);
const d_logit = [(z_, x_) => (1 / (x_ * (1 - x_)))];

const f_softplus = (x_) => {
    if ((x_ > 0)) {
        return (x_ + f_log1p(f_exp((-x_))));
    }
    return f_log1p(f_exp(x_));
};
const d_softplus = [(z_, x_) => f_sigmoid(x_)];

const f_silu = (x_) => {
    if ((x_ < -700)) {
        const t1 = f_exp((0.5 * x_));
        if ((t1 !== 0)) {
            return ((x_ * t1) * t1);
        }
        return f_copysign(0, x_);
    }
    return (x_ * f_sigmoid(x_));
};
const d_silu = [(z_, x_) => (f_sigmoid(x_) + f_silu_bend(x_))];

const f_silu_bend = (x_) => {
    const t1 = (f_sigmoid(x_) * f_sigmoid((-x_)));
    if ((t1 !== 0)) {
        return (x_ * t1);
    }
    return t1;
};
const d_silu_bend = [(z_, x_) => (f_sigmoid_slope(x_) - (z_ * f_tanh((0.5 * x_))))];

const f_mish = (x_) => {
    if ((x_ > 0)) {
        const t1 = f_exp((-x_));
        const t2 = (1 + (2 * t1));
        return (x_ * (t2 / (t2 + ((2 * t1) * t1))));
    }
    if ((x_ < -700)) {
        const t3 = f_exp((0.5 * x_));
        if ((t3 !== 0)) {
            return ((x_ * t3) * t3);
        }
        return f_copysign(0, x_);
    }
    const t4 = f_exp(x_);
    const t5 = (t4 * (t4 + 2));
    return (x_ * (t5 / (t5 + 2)));
};
const d_mish = [(z_, x_) => (f_tanh(f_softplus(x_)) + f_mish_bend(x_))];

const f_mish_bend = (x_) => {
    const t1 = (2 * f_softplus(x_));
    const t2 = ((4 * f_sigmoid(x_)) * (f_sigmoid(t1) * f_sigmoid((-t1))));
    if ((t2 !== 0)) {
        return (x_ * t2);
    }
    return t2;
};
const d_mish_bend = [(z_, x_) => (((4 * f_sigmoid(x_)) * f_sigmoid_slope((2 * f_softplus(x_)))) + (z_ * (f_sigmoid((-x_)) - ((2 * f_tanh(f_softplus(x_))) * f_sigmoid(x_)))))];

const f_gelu = (x_) => {
    if ((x_ > -1)) {
        return ((0.5 * x_) * f_erfc(((-x_) * 0.7071067811865476)));
    }
    if ((x_ > -37)) {
        const t1 = ((-x_) * 0.7071067811865476);
        const t2 = (134217729 * x_);
        const t3 = (t2 - (t2 - x_));
        const t4 = (x_ - t3);
        return ((0.5 * x_) * (f_erfc(t1) - ((1.1283791670955126 * f_exp(((-t1) * t1))) * (-(((t4 * -2.7995440410322203e-09) - ((((x_ * 0.7071067811865476) - (t3 * 0.7071067839860916)) - (t4 * 0.7071067839860916)) - (t3 * -2.7995440410322203e-09))) + (x_ * -4.833646656726457e-17))))));
    }
    if (((x_ > -40) && (x_ < 40))) {
        const t5 = (134217729 * x_);
        const t6 = (t5 - (t5 - x_));
        const t7 = f_exp(((-0.25 * t6) * t6));
        const t8 = ((1 / x_) / x_);
        const t9 = (-0.3989422804014327 * (1 - (t8 * (1 - ((3 * t8) * (1 - ((5 * t8) * (1 - ((7 * t8) * (1 - ((9 * t8) * (1 - ((11 * t8) * (1 - (13 * t8)))))))))))))));
        return (t7 * (t7 * (t9 * f_exp(((-0.5 * (x_ - t6)) * (x_ + t6))))));
    }
    if ((x_ === x_)) {
        const t10 = ((1 / x_) / x_);
        const t11 = (-0.3989422804014327 * (1 - (t10 * (1 - ((3 * t10) * (1 - ((5 * t10) * (1 - ((7 * t10) * (1 - ((9 * t10) * (1 - ((11 * t10) * (1 - (13 * t10)))))))))))))));
        return f_copysign(0, t11);
    }
    return x_;
};
const d_gelu = [(z_, x_) => ((0.5 * f_erfc((-0.7071067811865476 * x_))) + f_gauss(0.5641895835477563, 1, (0.7071067811865476 * x_)))];

const f_gelu_tanh = (x_) => {
    if ((x_ > -1)) {
        return (x_ * f_sigmoid((x_ * (1.5957691216057308 + ((0.07135481627260025 * x_) * x_)))));
    }
    if ((x_ < -30)) {
        return f_copysign(0, x_);
    }
    const t1 = (x_ * x_);
    const t2 = (0.07135481627260025 * t1);
    const t3 = (1.5957691216057308 + t2);
    const t4 = (x_ * t3);
    const t5 = (134217729 * x_);
    const t6 = (t5 - (t5 - x_));
    const t7 = (x_ - t6);
    const t8 = (134217729 * t3);
    const t9 = (t8 - (t8 - t3));
    const t10 = (t3 - t9);
    const t11 = (t2 > 1.5957691216057308);
    const t12 = (134217729 * t1);
    const t13 = (t12 - (t12 - t1));
    const t14 = (t1 - t13);
    const t15 = (134217729 * x_);
    const t16 = (t15 - (t15 - x_));
    const t17 = (x_ - t16);
    const t18 = (134217729 * x_);
    const t19 = (t18 - (t18 - x_));
    const t20 = (x_ - t19);
    const t21 = (((t7 * t10) - ((((x_ * t3) - (t6 * t9)) - (t7 * t9)) - (t6 * t10))) + (x_ * (((((((t11 ? t2 : 1.5957691216057308) - t3) + (t11 ? 1.5957691216057308 : t2)) + ((5.361872473796936e-10 * t14) - ((((0.07135481627260025 * t1) - (0.071354815736413 * t13)) - (5.361872473796936e-10 * t13)) - (0.071354815736413 * t14)))) + (0.07135481627260025 * ((t17 * t20) - ((((x_ * x_) - (t16 * t19)) - (t17 * t19)) - (t16 * t20))))) + (-6.175149918155315e-19 * t1)) + -9.96930880911092e-17)));
    if ((t4 < -700)) {
        const t22 = f_exp((0.5 * t4));
        const t23 = (x_ * (1 + t21));
        if ((t22 !== 0)) {
            return ((t23 * t22) * t22);
        }
        return f_copysign(0, t23);
    }
    const t24 = f_exp(t4);
    return (x_ * ((t24 + (t24 * t21)) / (1 + t24)));
};
const d_gelu_tanh = [(z_, x_) => {
    const t1 = (1.5957691216057308 * (x_ + (((0.044715 * x_) * x_) * x_)));
    return (f_sigmoid(t1) * (1 + ((x_ * (1.5957691216057308 * (1 + ((0.134145 * x_) * x_)))) * f_sigmoid((-t1)))));
}];

const f_softsign = (x_) => {
    const t1 = f_abs(x_);
    if (((t1 < Infinity) || (x_ !== x_))) {
        return (x_ / (1 + t1));
    }
    return f_copysign(1, x_);
};
const d_softsign = [(z_, x_) => ((1 / (1 + f_abs(x_))) / (1 + f_abs(x_)))];

const f_leaky_relu = (x_, slope_) => {
    if ((x_ > 0)) {
        return x_;
    }
    return (slope_ * x_);
};
const d_leaky_relu = [(z_, x_, slope_) => {
    if ((x_ > 0)) {
        return 1;
    }
    if ((x_ <= 0)) {
        return slope_;
    }
    return f_exp(x_);
}, (z_, x_, slope_) => {
    if ((x_ > 0)) {
        return 0;
    }
    if ((x_ <= 0)) {
        return x_;
    }
    return f_exp(x_);
}];

const f_elu = (x_, alpha_) => {
    if ((x_ > 0)) {
        return x_;
    }
    return (alpha_ * f_expm1(x_));
};
const d_elu = [(z_, x_, alpha_) => {
    if ((x_ > 0)) {
        return 1;
    }
    return (alpha_ * f_exp(x_));
}, (z_, x_, alpha_) => {
    if ((x_ > 0)) {
        return 0;
    }
    return f_expm1(x_);
}];

const f_selu = (x_) => (1.0507009873554805 * ((x_ > 0) ? x_ : (1.6732632423543772 * f_expm1(x_))));
const d_selu = [(z_, x_) => {
    if ((x_ > 0)) {
        return 1.0507009873554805;
    }
    return (1.7580993408473766 * f_exp(x_));
}];

const f_gamma = gamma;
const d_gamma = [(z_, x_) => (z_ * f_digamma(x_))];

const f_lgamma = lgamma;
const d_lgamma = [(z_, x_) => f_digamma(x_)];

const f_digamma = digamma;
const d_digamma = [(z_, x_) => f_polygamma(1, x_)];

const f_polygamma = polygamma;
const d_polygamma = [() => null, (z_, n_, x_) => f_polygamma((n_ + 1), x_)];

const f_sum = (...operands) => {
    const rows = Math.floor(operands.length / 1);
    let total = 0;
    for (let i = 0; i < rows; i++) total += operands[i];
    return total;
};
const d_sum = { columns: 1, tail: 0, shared: () => [], of: [(z_, x_) => 1] };

const f_dot = (...operands) => {
    const rows = Math.floor(operands.length / 2);
    let total = 0;
    for (let i = 0; i < rows; i++) total += operands[i] * operands[1 * rows + i];
    return total;
};
const d_dot = { columns: 2, tail: 0, shared: () => [], of: [(z_, x_, y_) => y_, (z_, x_, y_) => x_] };

const f_affine = (...operands) => {
    const rows = Math.floor(operands.length / 2);
    let total = operands[operands.length - 1];
    for (let i = 0; i < rows; i++) total += operands[i] * operands[1 * rows + i];
    return total;
};
const d_affine = { columns: 2, tail: 1, shared: () => [], of: [(z_, w_, x_, b_) => x_, (z_, w_, x_, b_) => w_, (z_, w_, x_, b_) => 1] };

const f_logsumexp = logsumexp;
const d_logsumexp = { columns: 1, tail: 0, shared: () => [f_logsumexp_error, f_below_peak], of: [(z_, x_, logsumexp_error_, below_peak_) => f_shifted_exp(x_, z_, logsumexp_error_, below_peak_)] };

const f_logsumexp_error = logsumexp_error;
const d_logsumexp_error = { columns: 1, tail: 0, shared: () => [], of: [() => null] };

const f_peak = peak;
const d_peak = { columns: 1, tail: 0, shared: () => [], of: [(z_, x_, row_) => {
    if (!((((row_ > 1) ? 1 : 0) * ((x_ === z_) ? 1 : 0)) !== 0)) return null;
    return 1;
}] };

const f_below_peak = below_peak;
const d_below_peak = { columns: 1, tail: 0, shared: () => [f_peak], of: [(z_, x_, peak_, row_) => {
    if (!(row_ > 0)) return null;
    return (f_exp_below(x_, peak_) - (z_ * ((x_ >= peak_) ? 1 : 0)));
}] };

const f_exp_below = (x_, m_) => {
    if ((x_ < m_)) {
        return f_exp((x_ - m_));
    }
    return 0;
};
const d_exp_below = [(z_, x_, m_) => z_, (z_, x_, m_) => (-z_)];

const f_exp_minus = (x_, s_) => f_exp((x_ - s_));
const d_exp_minus = [(z_, x_, s_) => z_, (z_, x_, s_) => (-z_)];

const g_shifted_exp = (x_, s_, lost_, r_) => f_exp((((x_ === s_) ? 0 : (x_ - s_)) - lost_));
const f_shifted_exp = (...xs) => orElse(g_shifted_exp(...xs), [Infinity], xs);
const d_shifted_exp = [(z_, x_, s_, lost_, r_) => {
    if (!((((r_ < 0.9) ? 1 : 0) * ((((x_ - s_) - lost_) > -0.69) ? 1 : 0)) === 0)) return null;
    return z_;
}, (z_, x_, s_, lost_, r_) => {
    if (!((((r_ < 0.9) ? 1 : 0) * ((((x_ - s_) - lost_) > -0.69) ? 1 : 0)) === 0)) return null;
    return (-z_);
}, () => null, (z_, x_, s_, lost_, r_) => {
    if (!((((r_ < 0.9) ? 1 : 0) * ((((x_ - s_) - lost_) > -0.69) ? 1 : 0)) !== 0)) return null;
    return ((-z_) * z_);
}];

const f_log_share = (x_, s_, m_, r_) => (((x_ === m_) ? 0 : (x_ - m_)) - f_log1p(r_));
const d_log_share = [(z_, x_, s_, m_, r_) => {
    if (!((((x_ === m_) ? 1 : 0) * ((r_ < 1) ? 1 : 0)) === 0)) return null;
    return 1;
}, (z_, x_, s_, m_, r_) => {
    if (!((((x_ === m_) ? 1 : 0) * ((r_ < 1) ? 1 : 0)) === 0)) return null;
    return -1;
}, () => null, (z_, x_, s_, m_, r_) => {
    if (!((((x_ === m_) ? 1 : 0) * ((r_ < 1) ? 1 : 0)) !== 0)) return null;
    return (-1 / (1 + r_));
}];
