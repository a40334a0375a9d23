#![expect(clippy::unwrap_used, reason = "a test may panic")]

use nasc_compiler::arch::Arch;
use nasc_compiler::random::Stream;
use serde_json::Value;

use super::estimator::{
    gumbel, keep_share, mixture, pair, radius, relaxed, score, through_relaxed, unrolled,
};
use super::resource::hinge;
use super::{
    Adam, Logits, Online, Posterior, Rows, Settled, joint, kendall, samples_for, settled, softmax,
    sum_of,
};
use crate::sampler::price::Price;

fn vector(name: &str) -> Value {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/vectors");
    let text = std::fs::read_to_string(folder.join(name)).unwrap();
    serde_json::from_str(&text).unwrap()
}

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap()
}

fn row(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(number).collect()
}

fn rows(value: &Value) -> Rows {
    value.as_array().unwrap().iter().map(row).collect()
}

fn options(value: &Value) -> Vec<usize> {
    row(value).into_iter().map(|option| option as usize).collect()
}

fn network(options: &[usize]) -> Arch {
    Arch(options.iter().map(|&option| option as u16).collect())
}

/// Equal to within 1e-12 of the larger one, and 1e-15.
#[track_caller]
fn close(found: &[f64], expected: &[f64]) {
    assert_eq!(found.len(), expected.len());
    for (found, expected) in found.iter().zip(expected) {
        let allowed = 1e-15 + 1e-12 * found.abs().max(expected.abs());
        assert!((found - expected).abs() <= allowed, "{found} for {expected}");
    }
}

#[track_caller]
fn all_close(found: &Rows, expected: &Rows) {
    close(&found.concat(), &expected.concat());
}

#[test]
fn dsnas_descends_scores_times_local_costs() {
    let known = &vector("dsnas_misc.json")["dsnas_scalar"];
    let mut logits = Logits { rows: rows(&known["alpha"]) };
    let (taken, costs) = (options(&known["choices"]), row(&known["reward"]));
    all_close(&logits.probabilities(), &rows(&known["softmax"]));
    let gradient: Rows = logits
        .rows
        .iter()
        .zip(&taken)
        .zip(&costs)
        .map(|((row, &taken), &cost)| score(row, taken, cost))
        .collect();
    all_close(&gradient, &rows(&known["alpha_grad"]));
    let example = &known["flops_grad_example"];
    let price = Price::of_options(&rows(&example["F_in_M"]));
    let (network, probabilities) = (network(&taken), logits.probabilities());
    let paid = |from| price.gated(&network, &probabilities, from, number(&example["coef"]));
    all_close(&paid(0.0), &rows(&example["grad"]));
    // The taken options cost 30 and 5.
    assert!(paid(35.5).concat().iter().all(|g| *g == 0.0));

    let mut adam = Adam::new(&logits, 1e-3, [0.5, 0.999]);
    for after in ["alpha_after_adam_step1", "alpha_after_adam_step2_same_grad"] {
        adam.step(&mut logits, &gradient);
        all_close(&logits.rows, &rows(&known[after]));
    }
}

/// Its mean over all networks is not the gradient of the mean loss: the costs are first-order estimates.
#[test]
fn the_mean_of_dsnass_estimator_is_the_published_one() {
    let known = &vector("dsnas_misc.json")["dsnas_scalar"];
    let logits = Logits { rows: rows(&known["alpha"]) };
    let factors = rows(&known["ops_multiply_by"]);
    let (x, target) = (number(&known["x"]), number(&known["target"]));
    let mut mean: Rows = logits.rows.iter().map(|row| vec![0.0; row.len()]).collect();
    let mut exact = mean.clone();
    for first in 0..3 {
        for second in 0..3 {
            let taken = [first, second];
            let probability = logits.log_probability(&taken).exp();
            let y = x * factors[0][first] * factors[1][second];
            // Both gates multiply the whole.
            let cost = (y - target) * y;
            let loss = (y - target) * (y - target) / 2.0;
            for (decision, &option) in taken.iter().enumerate() {
                let row = &logits.rows[decision];
                for (sums, factor) in [(&mut mean, cost), (&mut exact, loss)] {
                    let made = score(row, option, probability * factor);
                    sums[decision].iter_mut().zip(made).for_each(|(sum, g)| *sum += g);
                }
            }
        }
    }
    all_close(&mean, &rows(&known["expected_estimator_over_all_9_samples"]));
    all_close(&exact, &rows(&known["exact_gradient_of_expected_loss"]));
}

/// The published network in small: from the rewards that libtorch gave there, the gradients of the logits, with and
/// without the price, and a step.
#[test]
fn dsnas_in_small_has_the_published_gradients() {
    let known = vector("dsnas_tiny.json");
    let price = Price::of_options(&rows(&known["flops_table_M"]));
    for (case, taken, processes) in [
        ("ws1", [0, 3, 2, 1], 1.0),
        ("ws8_no_allreduce", [0, 3, 2, 1], 8.0),
        ("flops_gate_on_coef1e-2_choices_3,3,3,3", [3; 4], 1.0),
        ("flops_gate_off_coef1e-2_choices_0,0,0,0", [0; 4], 1.0),
    ] {
        let expected = &known[case];
        let mut logits = Logits { rows: rows(&known["ws1"]["log_alpha"]) };
        let rewards = row(&expected["block_reward"]);
        let priced = case.starts_with("flops");
        let by = if priced { 1e-2 } else { 0.0 };
        let price = price.gated(&network(&taken), &logits.probabilities(), 290.0, by);
        let gradient: Rows = (0..4)
            .map(|layer| {
                let scores = score(&logits.rows[layer], taken[layer], rewards[layer] / processes);
                scores.iter().zip(&price[layer]).map(|(score, price)| score + price).collect()
            })
            .collect();
        all_close(&gradient, &rows(&expected["log_alpha_grad"]));
        if processes > 1.0 {
            continue;
        }
        let log_probability = logits.log_probability(&taken);
        close(&[log_probability], &[number(&expected["loss_alpha"])]);
        if case == "ws1" {
            Adam::new(&logits, 1e-3, [0.5, 0.999]).step(&mut logits, &gradient);
            all_close(&logits.rows, &rows(&expected["after_step"]["log_alpha"]));
        }
    }
}

#[test]
fn decisions_settle_with_their_lead() {
    let known = &vector("dsnas_misc.json")["early_fix"];
    let (softmaxes, gaps) = (rows(&known["softmax"]), row(&known["gap"]));
    let found: Vec<f64> = softmaxes.iter().map(|row| settled::leads(row)).collect();
    close(&found, &gaps);
    let fixed = known["fixed_if_gap>=0.3"].as_array().unwrap();
    for (lead, fixed) in found.iter().zip(fixed) {
        assert_eq!(*lead >= 0.3, fixed.as_bool().unwrap());
    }
    let logs = |row: &Vec<f64>| row.iter().map(|p| p.ln()).collect();
    let mut logits = Logits { rows: softmaxes.iter().map(logs).collect() };
    let mut settled = Settled::default();
    settled.update(&logits, 0.28);
    assert_eq!(settled.options, [Some(0), Some(0), Some(0), None]);
    // What is settled stays so, and is imposed, and learns no more.
    logits.rows[0].reverse();
    settled.update(&logits, 0.28);
    let mut drawn = [3, 3, 3, 3];
    settled.impose(&mut drawn);
    assert_eq!(drawn, [0, 0, 0, 3]);
    let mut gradient = vec![vec![1.0; 4]; 4];
    settled.mask(&mut gradient);
    assert_eq!(gradient, [vec![0.0; 4], vec![0.0; 4], vec![0.0; 4], vec![1.0; 4]]);
}

#[test]
fn proxyless_goes_through_the_softmax_of_all_or_of_two() {
    let known = vector("dsnas_other_estimators.json");
    let full = &known["proxyless_full"];
    let alpha = row(&full["alpha"]);
    close(&softmax(&alpha), &row(&full["probs"]));
    let gates = row(&full["gate_grads"]);
    close(&mixture(&alpha, 1.0, &gates), &row(&full["alpha_grad"]));

    let two = &known["proxyless_two"];
    let on_path = [two["active"].clone(), two["inactive"].clone()].map(|o| number(&o) as usize);
    let gates = row(&two["gate_grads"]);
    let gradient = pair(&alpha, on_path, on_path.map(|option| gates[option]));
    close(&gradient, &row(&two["alpha_grad"]));
    let mut logits = Logits { rows: vec![alpha.clone()] };
    Adam::new(&logits, 1e-3, [0.0, 0.999]).step(&mut logits, &vec![gradient]);
    close(&logits.rows[0], &row(&two["alpha_after_adam_lr1e-3_beta0_0.999"]));
    keep_share(&mut logits.rows[0], on_path, on_path.map(|option| alpha[option]));
    close(&logits.rows[0], &row(&two["alpha_after_rescale"]));
    let untouched = softmax(&logits.rows[0])[0];
    close(&[softmax(&alpha)[0], untouched], &row(&two["prob_of_untouched_op_before_after"]));
}

#[test]
fn snas_and_gdas_go_through_relaxed_gates() {
    let known = vector("dsnas_other_estimators.json");
    // Operations multiply by 1, 2 and -3; the loss is the sum of (y - 1)^2.
    let x = [1.0, 2.0];
    let operations = [1.0, 2.0, -3.0];
    let gradients = |y: &[f64]| -> Vec<f64> {
        let upstream: Vec<f64> = y.iter().map(|y| 2.0 * (y - 1.0)).collect();
        let product = |by: f64| upstream.iter().zip(x).map(|(g, x)| g * by * x).sum();
        operations.into_iter().map(product).collect()
    };

    let snas = &known["snas"];
    let temperature = number(&snas["temperature"]);
    let (alpha, uniform) = (rows(&snas["log_alpha"]).concat(), rows(&snas["u"]).concat());
    let noise: Vec<f64> = uniform.into_iter().map(gumbel).collect();
    let gates = relaxed(&alpha, &noise, temperature);
    close(&gates, &rows(&snas["z"]).concat());
    let mixed: f64 = gates.iter().zip(operations).map(|(gate, by)| gate * by).sum();
    let y = x.map(|x| mixed * x);
    close(&y, &row(&snas["y"]));
    let gradient = through_relaxed(&gates, temperature, &gradients(&y));
    close(&gradient, &rows(&snas["alpha_grad"]).concat());

    let gdas = &known["gdas"];
    let temperature = number(&gdas["tau"]);
    let (alpha, noise) = (rows(&gdas["alpha"]).concat(), rows(&gdas["gumbel"]).concat());
    let gates = relaxed(&alpha, &noise, temperature);
    close(&gates, &rows(&gdas["soft"]).concat());
    let taken = Logits { rows: vec![gates.clone()] }.best()[0];
    assert_eq!(taken as f64, number(&gdas["index"]));
    let y = x.map(|x| operations[taken] * x);
    close(&y, &row(&gdas["y"]));
    let mut selected = vec![0.0; 3];
    selected[taken] = gradients(&y)[taken];
    let gradient = through_relaxed(&gates, temperature, &selected);
    close(&gradient, &rows(&gdas["alpha_grad_nasnet_style_selected_only"]).concat());
    // The other gates as scalars that are added: what comes back, summed.
    let upstream: f64 = y.iter().map(|y| 2.0 * (y - 1.0)).sum();
    let added: Vec<f64> = (0..3).map(|k| if k == taken { selected[k] } else { upstream }).collect();
    let gradient = through_relaxed(&gates, temperature, &added);
    close(&gradient, &rows(&gdas["alpha_grad_nb201_style_other_gates_added_as_scalars"]).concat());
}

/// `y = p0 w0 x + p1 w1 x^2` and the mean squared error.
struct Toy {
    x: Vec<f64>,
    y: Vec<f64>,
}

impl Toy {
    fn of(known: &Value, part: &str) -> Self {
        let [x, y] = ["x", "y"].map(|name| row(&known[format!("{name}_{part}")]));
        Self { x, y }
    }

    /// The gradients of both products `p_k w_k`.
    fn products(&self, alpha: &[f64], w: &[f64]) -> Vec<f64> {
        let p = softmax(alpha);
        let count = self.x.len() as f64;
        let mut made = vec![0.0; 2];
        for (x, y) in self.x.iter().zip(&self.y) {
            let error = 2.0 * (p[0] * w[0] * x + p[1] * w[1] * x * x - y) / count;
            made[0] += error * x;
            made[1] += error * x * x;
        }
        made
    }

    fn weights(&self, alpha: &[f64], w: &[f64]) -> Vec<f64> {
        let p = softmax(alpha);
        self.products(alpha, w).iter().zip(p).map(|(g, p)| g * p).collect()
    }

    fn logits(&self, alpha: &[f64], w: &[f64]) -> Vec<f64> {
        let gates: Vec<f64> = self.products(alpha, w).iter().zip(w).map(|(g, w)| g * w).collect();
        mixture(alpha, 1.0, &gates)
    }
}

#[test]
fn darts_has_its_first_and_its_second_order() {
    let known = &vector("dsnas_other_estimators.json")["darts"];
    let (w, alpha) = (row(&known["w"]), row(&known["a"]));
    let (train, validation) = (Toy::of(known, "train"), Toy::of(known, "val"));
    close(&validation.logits(&alpha, &w), &row(&known["grad_first_order"]));

    let rate = number(&known["eta"]);
    let (momentum, decay) = (number(&known["momentum"]), number(&known["weight_decay"]));
    let buffer = row(&known["momentum_buffer"]);
    let gradient = train.weights(&alpha, &w);
    let stepped: Vec<f64> =
        (0..2).map(|k| w[k] - rate * (momentum * buffer[k] + gradient[k] + decay * w[k])).collect();
    close(&stepped, &row(&known["w_unrolled"]));
    let direction = validation.weights(&alpha, &stepped);
    let length = direction.iter().map(|g| g * g).sum::<f64>().sqrt();
    let radius = radius(length);
    close(&[radius], &[number(&known["R"])]);
    let moved = |sign: f64| -> Vec<f64> {
        let w: Vec<f64> = w.iter().zip(&direction).map(|(w, d)| w + sign * radius * d).collect();
        train.logits(&alpha, &w)
    };
    let found =
        unrolled(&validation.logits(&alpha, &stepped), [&moved(1.0), &moved(-1.0)], radius, rate);
    close(&found, &row(&known["grad_second_order_finite_diff"]));
    // The loss is quadratic in the weights, so that the difference is exact.
    close(&found, &row(&known["grad_second_order_exact_autograd"]));
}

#[test]
fn fna_pays_the_logarithm_of_the_expected_cost() {
    let known = vector("fna_costs.json");
    for system in ["retinanet", "ssdlite"] {
        let known = &known[system];
        let table: Vec<Rows> = known["table"].as_array().unwrap().iter().map(rows).collect();
        let check = &known["check"];
        let terms = [number(&known["lambda_"]), number(&known["tau"])];
        let temperature = number(&check["temp"]);
        let probabilities = |logits: &Logits| -> Rows {
            let row =
                |row: &Vec<f64>| softmax(&row.iter().map(|l| l / temperature).collect::<Vec<_>>());
            logits.rows.iter().map(row).collect()
        };
        let pays = |logits: &Logits, costs: &Rows| {
            Price::of_options(costs).logarithmic(&probabilities(logits), temperature, terms)
        };
        let logit = |block: usize, layer: usize, option: usize| {
            0.1 * ((7 * block + 3 * layer + 5 * option) % 11) as f64
        };
        let logits = |of: &dyn Fn(usize, usize, usize) -> f64| {
            let mut made = Vec::new();
            for (block, layers) in table.iter().enumerate() {
                for (layer, costs) in layers.iter().enumerate() {
                    made.push((0..costs.len()).map(|option| of(block, layer, option)).collect());
                }
            }
            Logits { rows: made }
        };
        let costs = table.concat();
        let (given, uniform) = (logits(&logit), logits(&|_, _, _| 0.0));
        for (logits, cost, reg) in
            [(&given, "cost_G", "reg"), (&uniform, "cost_uniform_G", "reg_uniform")]
        {
            let mean = Price::of_options(&costs).mean(&probabilities(logits)).0;
            close(&[mean], &[number(&check[cost])]);
            close(&[pays(logits, &costs).0], &[number(&check[reg])]);
        }
        let (_, gradient) = pays(&given, &costs);
        close(&gradient[0], &row(&check["grad_first_layer"]));
        // The first block has four layers, and so has the second.
        let place = table[0].len() + table[1].len() + 1;
        close(&gradient[place], &row(&check["grad_block2_layer1"]));
        if let Some(official) = check.get("official_reg") {
            // The code adds the cost of the last block a second time.
            let mut twice = costs.clone();
            twice.iter_mut().last().unwrap().iter_mut().for_each(|cost| *cost *= 2.0);
            close(&[pays(&given, &twice).0], &[number(official)]);
        }
    }
}

#[test]
fn parsec_weighs_networks_by_how_they_explain_the_batch() {
    let known = vector("fpnas_parsec.json");
    let known = &known["parsec"];
    let mut logits = Logits { rows: rows(&known["alpha"]) };
    all_close(&logits.probabilities(), &rows(&known["probs"]));
    close(&logits.entropies(), &row(&known["entropy_per_layer"]));
    close(&[logits.entropy()], &[number(&known["entropy_total"])]);
    let networks: Vec<Vec<usize>> =
        known["archs"].as_array().unwrap().iter().map(options).collect();
    let found: Vec<f64> = networks.iter().map(|n| logits.log_probability(n)).collect();
    close(&found, &row(&known["logP_arch"]));
    let losses = row(&known["loss_mean_ce"]);
    let (target, strength) = (number(&known["target"]), number(&known["beta"]));
    let penalties: Vec<f64> =
        row(&known["flops"]).into_iter().map(|cost| hinge(cost, target)).collect();
    close(&penalties, &row(&known["penalty_hinge"]));

    let results = &known["results"];
    let plain = Posterior::of(&losses, 1.0);
    for (posterior, name) in [
        (plain.clone(), "mean_ce"),
        (Posterior::of(&losses, number(&known["batch_N"])), "sum_ce_N8"),
        (Posterior::tempered(&losses, 1.0, &penalties, strength), "mean_ce_cost_tempered_beta0.5"),
    ] {
        let expected = &results[name];
        close(&posterior.weights, &row(&expected["weights"]));
        close(&[posterior.effective_samples()], &[number(&expected["ess"])]);
        let gradient = posterior.gradient(&logits, &networks);
        all_close(&gradient, &rows(&expected["grad_alpha_of_minus_log_marginal"]));
    }
    let ratio = &results["cost_ratio_beta0.5"];
    let gradient = plain.gradient_with_cost(&logits, &networks, &penalties, strength);
    all_close(&gradient, &rows(&ratio["grad_alpha"]));
    // Nothing is too costly: nothing is paid.
    let free = plain.gradient_with_cost(&logits, &networks, &[0.0; 4], strength);
    all_close(&free, &plain.gradient(&logits, &networks));

    // One network alone is reinforced.
    let one = Posterior::of(&losses[2..3], 1.0);
    all_close(&one.gradient(&logits, &networks[2..3]), &rows(&known["K1_grad_arch2"]));
    assert_eq!(logits.best(), options(&known["argmax_arch"]));

    let gradient = plain.gradient(&logits, &networks);
    Adam::new(&logits, 0.01, [0.5, 0.999]).step(&mut logits, &gradient);
    all_close(&logits.rows, &rows(&known["alpha_after_one_adam_lr0.01_b0.5_0.999"]));
}

#[test]
fn weights_known_at_the_end_give_the_same_sum() {
    let losses = [2.1, 1.95, 2.4, 2.05, 0.3];
    let gradients = [1.0, -2.0, 0.5, 4.0, -1.0];
    for scale in [1.0, 256.0] {
        let weights = Posterior::of(&losses, scale).weights;
        let expected: f64 = weights.iter().zip(gradients).map(|(w, g)| w * g).sum();
        let (mut online, mut sum) = (Online::default(), 0.0);
        for (loss, gradient) in losses.iter().zip(gradients) {
            let (keep, add) = online.take(-scale * loss);
            sum = keep * sum + add * gradient;
        }
        close(&[sum / online.total()], &[expected]);
    }
}

#[test]
fn fpnas_draws_as_many_as_the_entropy_asks_for() {
    let known = vector("fpnas_parsec.json");
    let known = &known["adaptive_sampling"];
    let cases = known["rows"].as_array().unwrap();
    assert_eq!(cases.len(), 18);
    for case in cases {
        let found = samples_for(number(&case["entropy"]), number(&case["lambda"]), 2);
        assert_eq!(found as f64, number(&case["K_round_min2"]), "{case}");
    }
    let tiny = number(&known["tiny"]["H"]);
    assert_eq!((samples_for(tiny, 0.25, 2), samples_for(tiny, 2.0, 2)), (2, 6));
}

#[test]
fn joint_rows_have_the_distribution_of_their_factors() {
    let known = vector("fpnas_parsec.json");
    let known = &known["factorised_to_joint"];
    let factors: Rows = ["alpha_kernel", "alpha_se", "alpha_act"].map(|n| row(&known[n])).to_vec();
    let made = joint(&factors.iter().map(Vec::as_slice).collect::<Vec<_>>());
    close(&made, &row(&known["joint_logits_row_major_kernel_se_act_sum_of_raw"]));
    close(&softmax(&made), &row(&known["joint_prob"]));
    let sizes: Vec<usize> = factors.iter().map(Vec::len).collect();
    let (apart, together) = (Logits { rows: factors }, Logits { rows: vec![made] });
    close(&[apart.entropy()], &[number(&known["entropy_factorised"])]);
    close(&[together.entropy()], &[number(&known["entropy_joint"])]);

    let test = &known["grad_test"];
    let weights = row(&test["weights"]);
    let posterior = Posterior { weights };
    let samples: Vec<Vec<usize>> =
        test["samples_kernel_se_act"].as_array().unwrap().iter().map(options).collect();
    all_close(&posterior.gradient(&apart, &samples), &rows(&test["grad_factorised"]));
    let places: Vec<Vec<usize>> = samples.iter().map(|s| vec![sum_of(&sizes, s)]).collect();
    let found = posterior.gradient(&together, &places);
    close(&found[0], &row(&test["grad_joint_row_major"]));
}

#[test]
fn masks_of_widths_learn_through_relaxed_gates() {
    let known = vector("dmasking.json");
    let (theta, noise) = (row(&known["theta"]), row(&known["gumbel"]));
    let tau = number(&known["tau"]);
    let gates = relaxed(&theta, &noise, tau);
    close(&gates, &row(&known["g"]));
    let widths = options(&known["channel_options"]);
    let mask: Vec<f64> = (0..6)
        .map(|channel| {
            widths.iter().zip(&gates).filter(|(w, _)| channel < **w).map(|(_, g)| g).sum()
        })
        .collect();
    close(&mask, &row(&known["effective_mask"]));
    // `a sin(b k + c)` in the order of the elements, four to a channel.
    let fill = |name: &str| -> Vec<f64> {
        let [b, c, a] = row(&known[name])[..] else { unreachable!() };
        (0..24).map(|k| a * (b * f64::from(k) + c).sin()).collect()
    };
    let (x, weights) = (fill("x_fill"), fill("R_fill"));
    let y: Vec<f64> = x.iter().enumerate().map(|(k, x)| mask[k / 4] * x).collect();
    close(&y, &row(&known["y"]));
    let costs = row(&known["option_flops"]);
    let cost: f64 = gates.iter().zip(&costs).map(|(g, c)| g * c).sum();
    close(&[cost], &[number(&known["expected_cost"])]);
    let task: f64 = y.iter().zip(&weights).map(|(y, r)| y * r).sum();
    close(&[task + 0.05 * cost.powf(0.9)], &[number(&known["loss=task+0.05*cost^0.9"])]);
    let gate_gradients: Vec<f64> = widths
        .iter()
        .zip(&costs)
        .map(|(&width, option)| {
            let masked = x[..4 * width].iter().zip(&weights).map(|(x, r)| x * r).sum::<f64>();
            masked + 0.05 * 0.9 * cost.powf(-0.1) * option
        })
        .collect();
    close(&through_relaxed(&gates, tau, &gate_gradients), &row(&known["dtheta"]));
}

#[test]
fn rankings_agree_as_kendall_says() {
    let known = &vector("dsnas_misc.json")["kendall"];
    let found = kendall(&row(&known["x"]), &row(&known["y"]));
    let count = |name: &str| number(&known[name]) as u64;
    assert_eq!((found.concordant, found.discordant), (count("concordant"), count("discordant")));
    assert_eq!((found.ties_first, found.ties_second), (count("ties_x"), count("ties_y")));
    close(&[found.tau_a().unwrap()], &[number(&known["tau_a"])]);
    close(&[found.tau_b().unwrap()], &[number(&known["tau_b_formula"])]);
    assert_eq!(kendall(&[1.0], &[1.0]).tau_a(), None);
    assert_eq!(kendall(&[1.0, 1.0], &[1.0, 2.0]).tau_b(), None);
}

/// Six standard deviations of a binomial count.
#[test]
fn options_are_drawn_as_often_as_their_softmax_says() {
    let logits = Logits { rows: vec![vec![0.3, -0.2, 0.5], vec![0.0, f64::NEG_INFINITY]] };
    let probabilities = softmax(&logits.rows[0]);
    let mut counts = [0.0; 3];
    let mut pairs = [[0.0; 3]; 3];
    let draws = 30_000;
    for item in 0..draws {
        let mut stream = Stream::new(3, "draw", &[item]);
        let drawn = logits.draw(&mut stream);
        assert_eq!(drawn[1], 0);
        counts[drawn[0]] += 1.0;
        let [first, second] = logits.draw_pairs(&mut stream)[0].unwrap();
        pairs[first][second] += 1.0;
    }
    let fits = |count: f64, probability: f64| {
        let mean = probability * draws as f64;
        (count - mean).abs() <= 6.0 * (mean * (1.0 - probability)).sqrt()
    };
    for (first, &p) in probabilities.iter().enumerate() {
        assert!(fits(counts[first], p));
        for (second, &q) in probabilities.iter().enumerate() {
            let both = if first == second { 0.0 } else { p * q / (1.0 - p) };
            assert!(fits(pairs[first][second], both), "{first} {second}");
        }
    }
}
