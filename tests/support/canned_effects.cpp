#include "support/canned_results.h"

#include "support/canned_values.h"

#include <string>
#include <vector>

namespace armillary::test {

AnalysisResult cannedInterventions()
{
    AnalysisResult out;
    out.request = {"interventions", {}};
    out.numbers = {{"next_token_kl.zeroed", 1.90439, "bits"},
                   {"mean_surprisal_change.zeroed", 1.80727, "bits"},
                   {"next_token_kl.averaged", 0.694642, "bits"},
                   {"mean_surprisal_change.averaged", 1.82748, "bits"},
                   {"next_token_kl.shuffled-in-space", 0.48876, "bits"},
                   {"mean_surprisal_change.shuffled-in-space", 2.43289, "bits"},
                   {"next_token_kl.swapped", 0.14364, "bits"},
                   {"mean_surprisal_change.swapped", 0.384306, "bits"},
                   {"next_token_kl.noise", 0.289168, "bits"},
                   {"mean_surprisal_change.noise", 0.296103, "bits"},
                   {"next_token_kl.removed", 3.69875, "bits"},
                   {"mean_surprisal_change.removed", 4.7345, "bits"}};
    out.tables.push_back(
        AnalysisTable{"effects",
                      {"intervention", "next_token_kl_bits", "mean_kl_bits", "top1_agreement", "same_next_token",
                       "mean_surprisal_change_bits", "total_surprisal_change_bits", "max_abs_logit", "probability_true",
                       "probability_changed", "positions", "rows_computed", "answer", "answer_differs", "reason"},
                      {{std::string("zeroed"), 1.90439, 1.92271, 0.75, 1.0, 1.80727, 7.22909, 8.46544, 0.134771,
                        0.151355, 79.0, 75.0, std::string(), kNone, std::string()},
                       {std::string("averaged"), 0.694642, 0.619862, 0.25, 0.0, 1.82748, 7.30992, 3.35666, 0.134771,
                        0.0221692, 79.0, 75.0, std::string(), kNone, std::string()},
                       {std::string("shuffled-in-space"), 0.48876, 0.866397, 0.0, 0.0, 2.43289, 9.73155, 5.05257,
                        0.134771, 0.0427251, 79.0, 75.0, std::string(), kNone, std::string()},
                       {std::string("shuffled-in-time"), kNone, kNone, kNone, kNone, kNone, kNone, kNone, kNone, kNone,
                        kNone, kNone, std::string(), kNone,
                        std::string("there is one latent frame: ask about a clip or a rollout of 5 frames and more")},
                       {std::string("swapped"), 0.14364, 0.0986555, 0.75, 0.0, 0.384306, 1.53723, 1.23061, 0.134771,
                        0.0786747, 79.0, 75.0, std::string(), kNone, std::string()},
                       {std::string("noise"), 0.289168, 0.15702, 0.75, 0.0, 0.296103, 1.18441, 2.2099, 0.134771,
                        0.0912837, 79.0, 75.0, std::string(), kNone, std::string()},
                       {std::string("removed"), 3.69875, 3.06595, 0.0, 0.0, 4.7345, 18.938, 7.76966, 0.134771,
                        0.0066089, 43.0, 39.0, std::string(), kNone, std::string()}}});
    out.tables.push_back(AnalysisTable{"answer",
                                       {"token", "id", "piece"},
                                       {{0.0, 1023.0, std::string("}")},
                                        {1.0, 1023.0, std::string("}")},
                                        {2.0, 1023.0, std::string("}")},
                                        {3.0, 394.0, std::string("In")}}});
    out.arrays["surprisal"] = floats({"token"}, {4}, {2.891F, 1.749F, 1.449F, 1.497F});
    out.arrays["surprisal_change"] =
        floats({"intervention", "token"}, {7, 4},
               {-0.1674F, 1.589F,  1.552F,  4.255F, 2.604F, 2.505F, 1.867F,  0.3334F, 1.657F, 4.088F,
                2.259F,   1.727F,  kNaN,    kNaN,   kNaN,   kNaN,   0.7765F, 0.1633F, 0.2F,   0.3974F,
                0.5621F,  0.2599F, 0.1614F, 0.201F, 4.35F,  3.657F, 3.772F,  7.159F});
    out.cautions = {"the fusion drops the token '▁' between the world brackets",
                    "removed: 36 rows are gone, so everything after them stands 36 positions earlier; what surrounded "
                    "them (brackets or spaces) stays"};
    return out;
}

AnalysisResult cannedKnockOut()
{
    AnalysisResult out;
    out.request = {"knock-out", {}};
    out.numbers = {{"relative_probability_change.world", -0.687638, ""},
                   {"relative_probability_change.world.control", -0.641675, ""},
                   {"relative_probability_change.image", -0.33032, ""},
                   {"relative_probability_change.image.control", 0.16537, ""},
                   {"relative_probability_change.question", -0.805004, ""},
                   {"relative_probability_change.question.control", -0.431485, ""}};
    out.tables.push_back(
        AnalysisTable{"effects",
                      {"source", "control", "from_layer", "to_layer", "keys", "keys_of_source", "rows_computed",
                       "probability_true", "probability_changed", "relative_probability_change", "next_token_kl_bits",
                       "mean_surprisal_change_bits", "same_next_token", "max_abs_logit", "reason"},
                      {{std::string("world"), std::string(), 0.0, 7.0, 36.0, 0.0, 1.0, 0.134771, 0.0420973, -0.687638,
                        0.471246, 1.67871, 0.0, 2.74896, std::string()},
                       {std::string("world"), std::string(), 0.0, 1.0, 36.0, 0.0, 1.0, 0.134771, 0.134771, -4.51967e-07,
                        7.07927e-12, 6.52051e-07, 1.0, 9.77516e-06, std::string()},
                       {std::string("world"), std::string(), 1.0, 2.0, 36.0, 0.0, 1.0, 0.134771, 0.134771, -4.51967e-07,
                        7.07927e-12, 6.52051e-07, 1.0, 9.77516e-06, std::string()},
                       {std::string("world"), std::string(), 2.0, 3.0, 36.0, 0.0, 1.0, 0.134771, 0.134771, -4.51967e-07,
                        7.07927e-12, 6.52051e-07, 1.0, 9.77516e-06, std::string()},
                       {std::string("world"), std::string(), 3.0, 4.0, 36.0, 0.0, 1.0, 0.134771, 0.134771, -4.51967e-07,
                        7.07927e-12, 6.52051e-07, 1.0, 9.77516e-06, std::string()},
                       {std::string("world"), std::string(), 4.0, 5.0, 36.0, 0.0, 1.0, 0.134771, 0.134771, -4.51967e-07,
                        7.07927e-12, 6.52051e-07, 1.0, 9.77516e-06, std::string()},
                       {std::string("world"), std::string(), 5.0, 6.0, 36.0, 0.0, 1.0, 0.134771, 0.0420973, -0.687638,
                        0.471246, 1.67871, 0.0, 2.74896, std::string()},
                       {std::string("world"), std::string(), 6.0, 7.0, 36.0, 0.0, 1.0, 0.134771, 0.134771, -4.51967e-07,
                        7.07927e-12, 6.52051e-07, 1.0, 9.77516e-06, std::string()},
                       {std::string("world"), std::string("random"), 0.0, 7.0, 36.0, 0.0, 1.0, 0.134771, 0.0482916,
                        -0.641675, 4.17088, 1.48066, 0.0, 9.55525, std::string()},
                       {std::string("world"), std::string("random"), 0.0, 1.0, 36.0, 0.0, 1.0, 0.134771, 0.224163,
                        0.663292, 2.68721, -0.734041, 1.0, 6.49209, std::string()},
                       {std::string("world"), std::string("random"), 1.0, 2.0, 36.0, 0.0, 1.0, 0.134771, 0.003101,
                        -0.976991, 3.61907, 5.44163, 0.0, 7.18566, std::string()},
                       {std::string("world"), std::string("random"), 2.0, 3.0, 36.0, 0.0, 1.0, 0.134771, 0.0240877,
                        -0.821269, 0.522423, 2.48414, 0.0, 4.02837, std::string()},
                       {std::string("world"), std::string("random"), 3.0, 4.0, 36.0, 0.0, 1.0, 0.134771, 0.156231,
                        0.159239, 0.530595, -0.213178, 0.0, 3.57506, std::string()},
                       {std::string("world"), std::string("random"), 4.0, 5.0, 36.0, 0.0, 1.0, 0.134771, 0.0379602,
                        -0.718335, 0.423112, 1.82795, 0.0, 1.98568, std::string()},
                       {std::string("world"), std::string("random"), 5.0, 6.0, 36.0, 0.0, 1.0, 0.134771, 0.116599,
                        -0.134837, 0.0798845, 0.208956, 1.0, 1.177, std::string()},
                       {std::string("world"), std::string("random"), 6.0, 7.0, 36.0, 0.0, 1.0, 0.134771, 0.0874486,
                        -0.35113, 0.113116, 0.623999, 0.0, 1.45928, std::string()},
                       {std::string("image"), std::string(), 0.0, 7.0, 16.0, 0.0, 1.0, 0.134771, 0.0902532, -0.33032,
                        1.75891, 0.578456, 0.0, 6.46363, std::string()},
                       {std::string("image"), std::string(), 0.0, 1.0, 16.0, 0.0, 1.0, 0.134771, 0.0153594, -0.886033,
                        1.72318, 3.13331, 0.0, 5.95261, std::string()},
                       {std::string("image"), std::string(), 1.0, 2.0, 16.0, 0.0, 1.0, 0.134771, 0.0580884, -0.568983,
                        0.831842, 1.21418, 0.0, 3.6031, std::string()},
                       {std::string("image"), std::string(), 2.0, 3.0, 16.0, 0.0, 1.0, 0.134771, 0.0469481, -0.651644,
                        0.179504, 1.52137, 0.0, 1.53202, std::string()},
                       {std::string("image"), std::string(), 3.0, 4.0, 16.0, 0.0, 1.0, 0.134771, 0.250454, 0.858376,
                        0.374959, -0.894042, 1.0, 2.85029, std::string()},
                       {std::string("image"), std::string(), 4.0, 5.0, 16.0, 0.0, 1.0, 0.134771, 0.065359, -0.515036,
                        0.138584, 1.04405, 0.0, 1.37132, std::string()},
                       {std::string("image"), std::string(), 5.0, 6.0, 16.0, 0.0, 1.0, 0.134771, 0.141025, 0.0464052,
                        0.0666948, -0.0654416, 1.0, 0.976838, std::string()},
                       {std::string("image"), std::string(), 6.0, 7.0, 16.0, 0.0, 1.0, 0.134771, 0.15038, 0.115818,
                        0.059091, -0.158102, 0.0, 1.04824, std::string()},
                       {std::string("image"), std::string("random"), 0.0, 7.0, 16.0, 0.0, 1.0, 0.134771, 0.157058,
                        0.16537, 0.732434, -0.220788, 1.0, 3.0642, std::string()},
                       {std::string("image"), std::string("random"), 0.0, 1.0, 16.0, 0.0, 1.0, 0.134771, 0.114548,
                        -0.150052, 0.399563, 0.234553, 1.0, 2.87093, std::string()},
                       {std::string("image"), std::string("random"), 1.0, 2.0, 16.0, 0.0, 1.0, 0.134771, 0.163859,
                        0.215832, 0.107464, -0.281944, 1.0, 1.51784, std::string()},
                       {std::string("image"), std::string("random"), 2.0, 3.0, 16.0, 0.0, 1.0, 0.134771, 0.157514,
                        0.168757, 0.0383136, -0.224975, 1.0, 0.731378, std::string()},
                       {std::string("image"), std::string("random"), 3.0, 4.0, 16.0, 0.0, 1.0, 0.134771, 0.1228,
                        -0.0888215, 0.0108189, 0.134194, 0.0, 0.434795, std::string()},
                       {std::string("image"), std::string("random"), 4.0, 5.0, 16.0, 0.0, 1.0, 0.134771, 0.203015,
                        0.506373, 0.090918, -0.591079, 1.0, 0.913728, std::string()},
                       {std::string("image"), std::string("random"), 5.0, 6.0, 16.0, 0.0, 1.0, 0.134771, 0.134869,
                        0.000727489, 0.00254224, -0.00104916, 1.0, 0.231792, std::string()},
                       {std::string("image"), std::string("random"), 6.0, 7.0, 16.0, 0.0, 1.0, 0.134771, 0.124656,
                        -0.0750524, 0.00176987, 0.112556, 1.0, 0.118779, std::string()},
                       {std::string("question"), std::string(), 0.0, 7.0, 16.0, 0.0, 1.0, 0.134771, 0.0262797,
                        -0.805004, 3.80997, 2.35848, 0.0, 7.86491, std::string()},
                       {std::string("question"), std::string(), 0.0, 1.0, 16.0, 0.0, 1.0, 0.134771, 0.0314476,
                        -0.766659, 3.79764, 2.09949, 0.0, 8.78302, std::string()},
                       {std::string("question"), std::string(), 1.0, 2.0, 16.0, 0.0, 1.0, 0.134771, 0.00435722,
                        -0.967669, 2.85449, 4.95095, 0.0, 5.35169, std::string()},
                       {std::string("question"), std::string(), 2.0, 3.0, 16.0, 0.0, 1.0, 0.134771, 0.237901, 0.76523,
                        0.841698, -0.819856, 1.0, 3.48982, std::string()},
                       {std::string("question"), std::string(), 3.0, 4.0, 16.0, 0.0, 1.0, 0.134771, 0.0614284, -0.5442,
                        0.485555, 1.13353, 0.0, 2.91674, std::string()},
                       {std::string("question"), std::string(), 4.0, 5.0, 16.0, 0.0, 1.0, 0.134771, 0.250129, 0.855961,
                        0.142127, -0.892167, 1.0, 1.57656, std::string()},
                       {std::string("question"), std::string(), 5.0, 6.0, 16.0, 0.0, 1.0, 0.134771, 0.128047, -0.049891,
                        0.0406069, 0.0738351, 0.0, 0.598651, std::string()},
                       {std::string("question"), std::string(), 6.0, 7.0, 16.0, 0.0, 1.0, 0.134771, 0.0779364,
                        -0.421711, 0.0719386, 0.790137, 0.0, 1.01139, std::string()},
                       {std::string("question"), std::string("random"), 0.0, 7.0, 16.0, 0.0, 1.0, 0.134771, 0.0766192,
                        -0.431485, 0.271387, 0.814729, 0.0, 1.87926, std::string()},
                       {std::string("question"), std::string("random"), 0.0, 1.0, 16.0, 0.0, 1.0, 0.134771, 0.0808953,
                        -0.399756, 0.17338, 0.736378, 0.0, 1.89838, std::string()},
                       {std::string("question"), std::string("random"), 1.0, 2.0, 16.0, 0.0, 1.0, 0.134771, 0.125418,
                        -0.0693945, 0.0414248, 0.103758, 0.0, 0.834505, std::string()},
                       {std::string("question"), std::string("random"), 2.0, 3.0, 16.0, 0.0, 1.0, 0.134771, 0.118263,
                        -0.122484, 0.00563902, 0.188503, 0.0, 0.275104, std::string()},
                       {std::string("question"), std::string("random"), 3.0, 4.0, 16.0, 0.0, 1.0, 0.134771, 0.14079,
                        0.044663, 0.00335743, -0.0630376, 1.0, 0.334005, std::string()},
                       {std::string("question"), std::string("random"), 4.0, 5.0, 16.0, 0.0, 1.0, 0.134771, 0.105511,
                        -0.217109, 0.0184656, 0.353116, 0.0, 0.467812, std::string()},
                       {std::string("question"), std::string("random"), 5.0, 6.0, 16.0, 0.0, 1.0, 0.134771, 0.137193,
                        0.017974, 0.00835345, -0.0257007, 1.0, 0.257425, std::string()},
                       {std::string("question"), std::string("random"), 6.0, 7.0, 16.0, 0.0, 1.0, 0.134771, 0.138119,
                        0.0248462, 0.00422762, -0.0354074, 1.0, 0.273016, std::string()}}});
    out.tables.push_back(AnalysisTable{"answer", {"token", "id", "piece"}, {{0.0, 1023.0, std::string("}")}}});
    out.arrays["relative_probability_change"] =
        floats({"source_and_control", "window"}, {6, 7},
               {-4.52e-07F, -4.52e-07F, -4.52e-07F, -4.52e-07F, -4.52e-07F, -0.6876F, -4.52e-07F, 0.6633F,  -0.977F,
                -0.8213F,   0.1592F,    -0.7183F,   -0.1348F,   -0.3511F,   -0.886F,  -0.569F,    -0.6516F, 0.8584F,
                -0.515F,    0.04641F,   0.1158F,    -0.1501F,   0.2158F,    0.1688F,  -0.08882F,  0.5064F,  0.0007275F,
                -0.07505F,  -0.7667F,   -0.9677F,   0.7652F,    -0.5442F,   0.856F,   -0.04989F,  -0.4217F, -0.3998F,
                -0.06939F,  -0.1225F,   0.04466F,   -0.2171F,   0.01797F,   0.02485F});
    out.cautions = {"the fusion drops the token '▁' between the world brackets",
                    "hiding keys renormalises attention over the rest: read a source beside its control",
                    "local layers see only the last 32 positions, so they never see 36 of the 36 keys from the first "
                    "cut row: there the cut takes nothing away, while random keys may lie nearer and weigh more"};
    return out;
}

AnalysisResult cannedOcclusion()
{
    AnalysisResult out;
    out.request = {"occlusion", {}};
    out.numbers = {{"true_surprisal", 7.58586, "bits"},
                   {"blocks_done", 69.0, ""},
                   {"grid_rows", 6.0, ""},
                   {"grid_columns", 6.0, ""}};
    out.tables.push_back(AnalysisTable{"answer",
                                       {"token", "id", "piece"},
                                       {{0.0, 1023.0, std::string("}")},
                                        {1.0, 1023.0, std::string("}")},
                                        {2.0, 1023.0, std::string("}")},
                                        {3.0, 394.0, std::string("In")}}});
    out.arrays["next_token_kl.2"] =
        floats({"block_row", "block_column"}, {2, 2}, {0.08952F, 0.05433F, 0.4335F, 0.4153F});
    out.arrays["next_token_kl.4"] =
        floats({"block_row", "block_column"}, {4, 4},
               {0.06504F, 0.003685F, 0.02144F, 0.008026F, 0.002524F, 0.001335F, 0.0009857F, 0.003616F, 0.06782F,
                0.0124F, 0.03163F, 0.03962F, 0.1205F, 0.02648F, 0.2052F, 0.03355F});
    out.arrays["next_token_kl.7"] =
        floats({"block_row", "block_column"}, {7, 7},
               {0.03172F,   0.003944F, 0.005727F,  0.005617F, 0.01093F,  0.001132F, kNaN,     0.002193F, 0.001997F,
                0.008339F,  0.005118F, 0.0007923F, 0.007202F, kNaN,      0.001885F, 0.00065F, 0.001335F, 0.0004041F,
                0.0005447F, 0.003616F, kNaN,       0.00291F,  0.004025F, 0.002644F, 0.00326F, 0.003037F, 0.004378F,
                kNaN,       0.01286F,  0.006177F,  0.005492F, 0.007196F, 0.002028F, 0.03108F, kNaN,      0.05877F,
                0.01784F,   0.02648F,  0.03244F,   0.06664F,  0.03355F,  kNaN,      kNaN,     kNaN,      kNaN,
                kNaN,       kNaN,      kNaN,       kNaN});
    out.arrays["surprisal_change.2"] = floats({"block_row", "block_column"}, {2, 2}, {1.405F, 1.111F, 5.112F, 2.982F});
    out.arrays["surprisal_change.4"] =
        floats({"block_row", "block_column"}, {4, 4},
               {1.604F, -0.06121F, 0.6621F, 0.1635F, -0.2275F, -0.01402F, 0.003184F, 0.1227F, 1.232F, 0.2053F, -0.2736F,
                0.8075F, 1.844F, 0.3683F, 0.8661F, 1.235F});
    out.arrays["surprisal_change.7"] =
        floats({"block_row", "block_column"}, {7, 7},
               {1.277F,   -0.1268F,  -0.1742F,  0.01401F,  0.5856F,  0.04317F,  kNaN,     0.1712F,   -0.1592F,
                0.08929F, -0.09619F, -0.08131F, 0.1259F,   kNaN,     -0.09786F, -0.115F,  -0.01402F, -0.03592F,
                0.03989F, 0.1227F,   kNaN,      -0.01221F, 0.07258F, 0.1526F,   0.02268F, -0.03974F, 0.1735F,
                kNaN,     0.49F,     0.1585F,   0.02895F,  -0.2381F, -0.1603F,  0.5216F,  kNaN,      0.9403F,
                0.8177F,  0.3683F,   0.2693F,   0.3501F,   1.235F,   kNaN,      kNaN,     kNaN,      kNaN,
                kNaN,     kNaN,      kNaN,      kNaN});
    out.cautions = {"the fusion drops the token '▁' between the world brackets",
                    "a block covers its cells in every latent frame",
                    "the grid has 6x6 cells: some of the 7x7 blocks hold none"};
    return out;
}

AnalysisResult cannedContribution()
{
    AnalysisResult out;
    out.request = {"direct-contribution", {}};
    out.numbers = {{"token", 1023.0, "id"},
                   {"against", 333.0, "id"},
                   {"position", 78.0, ""},
                   {"logit_difference", 0.136619, "logits"},
                   {"attention", -0.635246, "logits"},
                   {"mlp", 0.692598, "logits"},
                   {"embedding", 0.079265, "logits"},
                   {"closure_error", -2.17557e-06, "logits"},
                   {"recomputation_error_layer", 4.24319e-07, "of the largest value"},
                   {"recomputation_error_probability", 6.85453e-07, ""},
                   {"recomputation_error_embeds", 0.0, ""}};
    out.tables.push_back(AnalysisTable{"terms",
                                       {"term", "logits", "tokens", "logits_per_token"},
                                       {{std::string("attention to control [0,2)"), 0.0139537, 2.0, 0.00697686},
                                        {std::string("attention to text [2,6)"), -0.0244754, 4.0, -0.00611886},
                                        {std::string("attention to bracket [6,7)"), -0.0387169, 1.0, -0.0387169},
                                        {std::string("attention to world [7,43)"), 2.1156, 36.0, 0.0587665},
                                        {std::string("attention to bracket [43,44)"), 0.0158558, 1.0, 0.0158558},
                                        {std::string("attention to text [44,45)"), 0.00134357, 1.0, 0.00134357},
                                        {std::string("attention to control [45,46)"), 0.00570626, 1.0, 0.00570626},
                                        {std::string("attention to image [46,62)"), -1.44932, 16.0, -0.0905823},
                                        {std::string("attention to control [62,63)"), 0.0894909, 1.0, 0.0894909},
                                        {std::string("attention to text [63,72)"), 0.027923, 9.0, 0.00310256},
                                        {std::string("attention to control [72,73)"), -0.184333, 1.0, -0.184333},
                                        {std::string("attention to text [73,74)"), -0.200954, 1.0, -0.200954},
                                        {std::string("attention to control [74,75)"), -0.71506, 1.0, -0.71506},
                                        {std::string("attention to text [75,79)"), -0.292258, 4.0, -0.0730644},
                                        {std::string("MLPs"), 0.692598, std::string(), std::string()},
                                        {std::string("input"), 0.079265, std::string(), std::string()}}});
    out.tables.push_back(AnalysisTable{"words",
                                       {"role", "id", "word"},
                                       {{std::string("token"), 1023.0, std::string("}")},
                                        {std::string("against"), 333.0, std::string("<0xF5>")}}});
    out.tables.push_back(AnalysisTable{"segments",
                                       {"index", "segment"},
                                       {{0.0, std::string("control [0,2)")},
                                        {1.0, std::string("text [2,6)")},
                                        {2.0, std::string("bracket [6,7)")},
                                        {3.0, std::string("world [7,43)")},
                                        {4.0, std::string("bracket [43,44)")},
                                        {5.0, std::string("text [44,45)")},
                                        {6.0, std::string("control [45,46)")},
                                        {7.0, std::string("image [46,62)")},
                                        {8.0, std::string("control [62,63)")},
                                        {9.0, std::string("text [63,72)")},
                                        {10.0, std::string("control [72,73)")},
                                        {11.0, std::string("text [73,74)")},
                                        {12.0, std::string("control [74,75)")},
                                        {13.0, std::string("text [75,79)")},
                                        {14.0, std::string("generated [79,83)")}}});
    // One head carries the layer, so that sums over heads can be told by eye.
    std::vector<float> attention(std::size_t{7} * 4 * 15);
    for (std::size_t layer = 0; layer < 7; ++layer) {
        for (std::size_t segment = 0; segment < 15; ++segment)
            attention[(layer * 4 + 1) * 15 + segment] = 0.1F * static_cast<float>(layer) *
                                                        (segment == 3   ? 1.0F
                                                         : segment == 7 ? -0.5F
                                                                        : 0.01F);
    }
    out.arrays["attention"] = floats({"layer", "head", "segment"}, {7, 4, 15}, attention);
    out.arrays["mlp"] = floats({"layer"}, {7}, {1.239F, -2.246F, 0.754F, 0.4615F, 0.9053F, -0.7164F, 0.2952F});
    out.cautions = {"direct paths only: what a segment does through later layers' heads and MLPs is not in its term, "
                    "so terms are no total effects"};
    return out;
}

}  // namespace armillary::test
