#include "support/canned_results.h"

#include "support/canned_values.h"

#include "support/record_builder.h"

#include <string>

namespace armillary::test {

std::shared_ptr<const RunRecord> cannedRun()
{
    RecordBuilder builder;
    const int picture = builder.addPicture("coffee.png", 120, 120);
    builder.text({"<bos>", "<start_of_turn>"}, TokenKind::Control)
        .text({"user", "\n", "look", ":"})
        .text({"<the_world_start>"}, TokenKind::Bracket)
        .worldTokens(picture, 1, 6, 6)
        .text({"<the_world_end>"}, TokenKind::Bracket)
        .text({"\n\n"})
        .text({"<start_of_image>"}, TokenKind::Control)
        .imageTokens(picture, 4, 4)
        .text({"<end_of_image>"}, TokenKind::Control)
        .text({"\n\n", "What", "▁will", "▁the", "▁red", "▁car", "▁do", "▁next", "?", "▁Say", "▁it", "."})
        .text({"<end_of_turn>"}, TokenKind::Control)
        .text({"\n"})
        .text({"<start_of_turn>"}, TokenKind::Control)
        .text({"model"})
        .answer({"}", "}", "}", "In"});
    return builder.build();
}

AnalysisResult cannedVerification()
{
    AnalysisResult out;
    out.request = {"verify", {}};
    out.numbers = {{"pass", 19.0, "checks"}, {"warn", 4.0, "checks"}, {"fail", 0.0, "checks"}, {"skip", 0.0, "checks"}};
    out.tables.push_back(AnalysisTable{
        "checks",
        {"id", "title", "verdict", "value", "threshold", "reason", "measure", "positions", "array"},
        {{std::string("V1"), std::string("Image positions hold picture features"), std::string("pass"), 3.95617, 0.0,
          std::string("all 16 image positions held one and the same placeholder and now hold features of the pixels"),
          std::string("largest difference from the placeholder embedding"),
          std::string("46,47,48,49,50,51,52,53,54,55,56,57,58,59,60,61"), std::string()},
         {std::string("V2"), std::string("Image tokens vary inside a picture"), std::string("pass"), 0.0, 0.01,
          std::string(
              "0 of 120 pairs of different patches have bit-equal tokens, the median cosine between tokens is 0.865"),
          std::string("share of pairs of different patches that are bit-equal"), std::string(),
          std::string("V2.cosine_histogram")},
         {std::string("V3"), std::string("Another picture gives other image tokens"), std::string("pass"), 0.392764,
          0.001,
          std::string(
              "against its mirror image a token changes by 39.3 % of its length on average, 0 of 16 not at all"),
          std::string("mean relative L2 difference of a token"),
          std::string("49,46,53,61,50,56,47,51,52,60,54,58,55,57,48,59"), std::string("V3.difference")},
         {std::string("V4"), std::string("Image tokens have the size of text tokens"), std::string("pass"), 1.06725,
          20.0,
          std::string("image tokens have a median norm of 8.31, text tokens 7.79 (text embeddings scaled as the first "
                      "layer receives them)"),
          std::string("median image norm / median text norm, scaled as layer 0 receives them"),
          std::string("59,55,51,48,47,50,49,53,56,52,57,60,46,58,54,61"), std::string("norms")},
         {std::string("V5"), std::string("Every picture and crop has its image tokens"), std::string("pass"), 0.0, 0.0,
          std::string("16 image tokens for each of 1 picture, and SigLIP gave 16 features"),
          std::string("largest deviation from the tokens of a crop"), std::string(), std::string()},
         {std::string("V6"), std::string("The image block sees both ways"), std::string("warn"), 0.0, 1.0,
          std::string(
              "image tokens are causal in this run: no token of the block at 46-61 sees a later one, though Gemma 3 "
              "was trained with blocks that see both ways (the fused pass of TheWorld gives no token types)"),
          std::string("share of earlier tokens of the block that the last one reaches"), std::string("61"),
          std::string()},
         {std::string("V7"), std::string("Image tokens stand where their pixels are"), std::string("pass"), 0.0, 0.0,
          std::string(
              "1 of 1 white spots move the token that stands for their pixels most (5.3 times the median token)"),
          std::string("tokens between the spot and the token it moves most"), std::string("52"),
          std::string("V7.response")},
         {std::string("W1"), std::string("World positions hold world features"), std::string("pass"), 2.23231, 0.0,
          std::string("all 36 world positions hold their projected latent, none is zero or a placeholder"),
          std::string("smallest difference of a slot from zero and from the placeholder"),
          std::string("7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31,32,33,34,35,36,37,38,39,"
                      "40,41,42"),
          std::string()},
         {std::string("W2"), std::string("World tokens vary in space and time"), std::string("pass"), 0.0, 0.01,
          std::string("0 % of the pairs of world tokens are bit-equal, the median cosine between tokens is 0.639; one "
                      "latent frame, so nothing can vary in time"),
          std::string("share of pairs of world tokens that are bit-equal"), std::string(), std::string()},
         {std::string("W3"), std::string("Another picture gives another world"), std::string("pass"), 0.345608, 0.001,
          std::string("against its mirror image a token changes by 34.6 % of its length on average, 0 of 36 not at "
                      "all; seeds play no part in a world that was encoded, not predicted"),
          std::string("mean relative L2 difference of a world token"),
          std::string("15,16,10,17,8,9,14,7,27,18,11,23,12,36,41,19"), std::string("W3.difference")},
         {std::string("W4"), std::string("World tokens have the size of the others"), std::string("pass"), 1.322, 10.0,
          std::string("world tokens have a median norm of 10.8, text and image tokens 8.14 (text embeddings scaled as "
                      "the first layer receives them)"),
          std::string("median world norm / median norm of text and image tokens"),
          std::string("32,31,26,20,33,34,15,14,21,27,10,22,38,16,28,25"), std::string("norms")},
         {std::string("W5"), std::string("Latents have the autoencoder's statistics"), std::string("warn"), 2.43407,
          2.0,
          std::string("with pixels in -1..1 the latent statistics are out of the autoencoder's range in 1 of 16 "
                      "channels (most in channel 1: mean 2.43 sigma off, spread 0.65 times the usual)"),
          std::string("farthest channel from the VAE's own statistics: mean in sigmas or spread in octaves"),
          std::string(), std::string("W5.mean_sigmas")},
         {std::string("W6"), std::string("Latents can be decoded back"), std::string("fail"), 8.77234, 25.0,
          std::string(
              "the decoder gives the picture back with only 8.8 dB: the latents do not hold it (pixels in -1..1)"),
          std::string("PSNR of decode(encode(picture)) in dB"), std::string(), std::string()},
         {std::string("W7"), std::string("The number of world tokens follows the law"), std::string("pass"), 0.0, 0.0,
          std::string("1 frame of 48x48 pixels: (1 - 1) / 4 + 1 = 1 latent frames x 6 x 6 = 36 world tokens"),
          std::string("tokens beside T x rows x columns with T = (F - 1) / 4 + 1"), std::string(), std::string()},
         {std::string("W8"), std::string("The length of the sequence follows the law"), std::string("pass"), 0.0, 0.0,
          std::string("79 positions as the law says: (6 + 1) + 36 + (44 - 8) = 79, both brackets kept, dropped between "
                      "the brackets: '▁'"),
          std::string("positions beside (start + 1) + world tokens + (prompt - end)"), std::string("6,43"),
          std::string()},
         {std::string("W9"), std::string("Who sees whom is as the mask says"), std::string("pass"), 0.0, 0.0,
          std::string(
              "attention rows sum to 1 within 1e-07; world tokens are causal: none sees a later one, the image or the "
              "question; image tokens are causal in this run; local layers look back 31 positions and no further"),
          std::string("violations of the mask found by perturbing positions"), std::string("7,42"), std::string()},
         {std::string("W10"), std::string("Equal frames differ by their time vector"), std::string("pass"), 1.04569,
          0.0,
          std::string("4 equal latent frames give tokens that differ by the time vector alone (by 1.05 or more; the "
                      "step is the same in every cell within 1e-06)"),
          std::string("smallest difference between tokens of equal latent frames"), std::string(), std::string()},
         {std::string("W11"), std::string("The same seed gives the same latents"), std::string("pass"), 0.0, 0.0,
          std::string("two encodings of the same frames are bit-equal; the run uses the mode of the posterior (a "
                      "sample lies 5.5 % from the mode)"),
          std::string("largest difference between two runs"), std::string(), std::string()},
         {std::string("W12"), std::string("World tokens stand where their pixels are"), std::string("pass"), 1.0, 1.0,
          std::string("1 of 1 white spots move the token that stands for their pixels, or one 1 beside it, most (3.3 "
                      "times the median token)"),
          std::string("latent cells between the spot and the token it moves most"), std::string("16,11"),
          std::string("W12.response")},
         {std::string("W13"), std::string("The world projector is not saturated"), std::string("pass"), 0.0490451, 0.95,
          std::string("4.9 % of the coordinates lie in [-0.17, 0] (this projection does not end in a GELU, so that "
                      "says little); the tokens span 16 dimensions around their mean, at most 16 are possible"),
          std::string("share of coordinates in [-0.17, 0]"),
          std::string("9,42,7,13,21,27,11,14,18,23,24,25,28,29,40,10"), std::string()},
         {std::string("W14"), std::string("Without the world it is plain Gemma"), std::string("warn"), 4.98733, 0.001,
          std::string("with the world taken out, the prompt is still not plain Gemma's: the tokens differ from "
                      "'\\n\\n\\n' on, because the world's text changes how its neighbours are cut into tokens"),
          std::string("largest difference of the last position's logits"), std::string(), std::string()},
         {std::string("W15"), std::string("The world moves the answer"), std::string("pass"), 1.90439, 0.0001,
          std::string("KL of the first answer token: 1.9 bits from a blanked world, 0.549 from a shuffled one, 0.546 "
                      "from noise of its mean and spread"),
          std::string("KL of the first answer token, with the world from without it, in bits"),
          std::string("7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31,32,33,34,35,36,37,38,39,"
                      "40,41,42"),
          std::string()},
         {std::string("W16"), std::string("Decoding uses the world"), std::string("pass"), 0.0, 0.0,
          std::string("keys and values hold all 79 fused positions after prefill, and blanking the world's moves the "
                      "second token's logits by up to 2.01"),
          std::string("keys and values after prefill minus the fused length"), std::string(), std::string()}}});
    out.tables.push_back(AnalysisTable{"norms",
                                       {"kind", "tokens", "smallest", "median", "largest"},
                                       {{std::string("text"), 19.0, 6.30615, 7.78931, 9.25152},
                                        {std::string("control"), 6.0, 6.59659, 7.93649, 8.79352},
                                        {std::string("image"), 16.0, 7.90184, 8.31315, 8.97193},
                                        {std::string("world"), 36.0, 6.37457, 10.7607, 15.0653},
                                        {std::string("bracket"), 2.0, 6.7935, 6.7935, 8.34554}}});
    out.arrays["V2.cosine_histogram"] =
        floats({"cosine_bin"}, {20}, {0.0F, 0.0F, 0.0F, 0.0F, 0.0F, 0.0F, 0.0F,  0.0F,  0.0F,  0.0F,
                                      0.0F, 0.0F, 0.0F, 1.0F, 2.0F, 5.0F, 14.0F, 15.0F, 51.0F, 32.0F});
    out.arrays["V3.difference"] = floats({"crop", "row", "column"}, {1, 4, 4},
                                         {0.812F, 0.3764F, 0.254F, 0.8331F, 0.4025F, 0.3693F, 0.3395F, 0.4399F, 0.3096F,
                                          0.2677F, 0.3807F, 0.2578F, 0.2944F, 0.221F, 0.3173F, 0.409F});
    out.arrays["V7.response"] = floats({"spot", "row", "column"}, {1, 4, 4},
                                       {1.94F, 1.244F, 1.936F, 1.783F, 2.852F, 1.497F, 9.609F, 1.819F, 4.746F, 1.825F,
                                        2.199F, 1.266F, 2.069F, 2.945F, 1.357F, 1.201F});
    out.arrays["W12.response"] =
        floats({"spot", "row", "column"}, {1, 6, 6},
               {1.513F,  4.597F,  5.906F,  5.311F,  6.16F,   3.672F,  1.885F,  4.245F,  4.787F,
                5.212F,  4.685F,  5.789F,  2.35F,   3.99F,   2.782F,  4.642F,  3.413F,  3.12F,
                0.9396F, 1.982F,  1.521F,  1.484F,  1.971F,  1.051F,  0.3672F, 1.158F,  1.004F,
                0.526F,  0.9183F, 0.8402F, 0.4897F, 0.8286F, 0.6906F, 0.5323F, 0.8816F, 0.7209F});
    out.arrays["W3.difference"] =
        floats({"latent_frame", "row", "column"}, {1, 6, 6},
               {0.4208F, 0.4826F, 0.47F,   0.5248F, 0.4127F, 0.3819F, 0.3001F, 0.4594F, 0.7237F,
                0.5354F, 0.5064F, 0.4159F, 0.334F,  0.3211F, 0.2905F, 0.3273F, 0.3895F, 0.1917F,
                0.2875F, 0.213F,  0.419F,  0.3194F, 0.3072F, 0.1595F, 0.1853F, 0.3188F, 0.2206F,
                0.2189F, 0.292F,  0.3766F, 0.2639F, 0.2659F, 0.2284F, 0.2496F, 0.3563F, 0.2723F});
    out.arrays["W5.mean_sigmas"] =
        floats({"channel"}, {16},
               {0.3135F, 2.434F, -0.442F, -0.5863F, 0.1248F, -1.142F, -0.1711F, -1.205F, -0.4708F, -0.02811F, -0.4759F,
                -0.5585F, 1.078F, -0.4995F, 0.05966F, -0.2771F});
    out.arrays["W5.spread_ratio"] = floats({"channel"}, {16},
                                           {0.4541F, 0.6466F, 0.4914F, 0.3097F, 0.4868F, 0.3536F, 0.3363F, 0.3738F,
                                            0.3876F, 0.3131F, 0.4111F, 0.4051F, 0.551F, 0.711F, 0.2784F, 0.391F});
    out.arrays["norms"] =
        floats({"position"}, {79},
               {8.794F, 6.597F, 6.306F, 8.149F, 7.775F, 8.158F, 6.793F, 8.749F, 10.5F,  8.786F, 11.86F, 10.58F,
                9.257F, 9.37F,  12.52F, 12.72F, 11.52F, 11.01F, 10.68F, 10.68F, 13.71F, 12.29F, 11.74F, 10.47F,
                10.76F, 11.18F, 13.97F, 12.14F, 11.25F, 10.15F, 10.82F, 14.51F, 15.07F, 13.27F, 12.98F, 10.13F,
                9.413F, 9.504F, 11.6F,  10.05F, 10.24F, 8.303F, 6.375F, 8.346F, 6.935F, 8.735F, 8.029F, 8.48F,
                8.766F, 8.369F, 8.42F,  8.836F, 8.27F,  8.362F, 7.985F, 8.93F,  8.313F, 8.167F, 8.006F, 8.972F,
                8.14F,  7.902F, 8.728F, 6.935F, 8.111F, 7.637F, 7.491F, 7.239F, 9.252F, 7.935F, 7.725F, 7.24F,
                7.936F, 8.158F, 6.597F, 8.709F, 7.789F, 7.839F, 8.158F});
    out.cautions = {
        "thresholds are starting values, not measured on published checkpoints: judge the numbers, and set your own"};
    return out;
}

AnalysisResult cannedRegistration()
{
    AnalysisResult out;
    out.request = {"registration", {}};
    out.numbers = {{"image_worst_distance", 0.0, "tokens"},
                   {"image_spot", 28.0, "pixels"},
                   {"world_worst_distance", 1.0, "tokens"},
                   {"world_spot", 8.0, "pixels"}};
    out.tables.push_back(AnalysisTable{"image spots",
                                       {"spot", "top", "left", "bottom", "right", "peak_row", "peak_column", "distance",
                                        "peak", "median", "expected_position", "peak_position"},
                                       {{0.0, 1.0, 2.0, 2.0, 3.0, 1.0, 2.0, 0.0, 9.60907, 1.82475, 52.0, 52.0},
                                        {1.0, 0.0, 0.0, 1.0, 1.0, 0.0, 0.0, 0.0, 9.86891, 1.34475, 46.0, 46.0},
                                        {2.0, 3.0, 3.0, 4.0, 4.0, 3.0, 3.0, 0.0, 6.62918, 1.8472, 61.0, 61.0},
                                        {3.0, 2.0, 1.0, 3.0, 2.0, 2.0, 1.0, 0.0, 8.58985, 1.49234, 55.0, 55.0}}});
    out.tables.push_back(AnalysisTable{"world spots",
                                       {"spot", "top", "left", "bottom", "right", "peak_row", "peak_column", "distance",
                                        "peak", "median", "expected_position", "peak_position"},
                                       {{0.0, 1.0, 3.0, 2.0, 4.0, 0.0, 4.0, 1.0, 6.16001, 1.88466, 16.0, 11.0},
                                        {1.0, 0.0, 1.0, 1.0, 2.0, 1.0, 1.0, 1.0, 3.50908, 0.35933, 8.0, 14.0},
                                        {2.0, 4.0, 4.0, 5.0, 5.0, 3.0, 4.0, 1.0, 7.06324, 2.87522, 35.0, 29.0},
                                        {3.0, 3.0, 2.0, 4.0, 3.0, 2.0, 2.0, 1.0, 5.60882, 2.69351, 27.0, 21.0}}});
    out.arrays["image.response"] =
        floats({"spot", "row", "column"}, {4, 4, 4},
               {1.94F,  1.244F, 1.936F, 1.783F, 2.852F, 1.497F,  9.609F, 1.819F, 4.746F, 1.825F,  2.199F,
                1.266F, 2.069F, 2.945F, 1.357F, 1.201F, 9.869F,  1.211F, 1.03F,  1.567F, 1.676F,  1.08F,
                1.124F, 1.483F, 3.382F, 1.892F, 1.451F, 1.255F,  1.132F, 1.745F, 1.345F, 0.9606F, 1.063F,
                1.553F, 2.076F, 1.847F, 1.912F, 1.954F, 1.076F,  1.596F, 4.345F, 1.69F,  1.46F,   2.679F,
                3.508F, 1.37F,  2.477F, 6.629F, 1.222F, 0.9338F, 1.542F, 1.575F, 1.492F, 1.299F,  0.9471F,
                2.475F, 3.79F,  8.59F,  1.726F, 2.205F, 1.352F,  2.423F, 1.011F, 1.125F});
    out.arrays["world.response"] =
        floats({"spot", "row", "column"}, {4, 6, 6},
               {1.513F,  4.597F,  5.906F,  5.311F,  6.16F,   3.672F,  1.885F,  4.245F,  4.787F,  5.212F,  4.685F,
                5.789F,  2.35F,   3.99F,   2.782F,  4.642F,  3.413F,  3.12F,   0.9396F, 1.982F,  1.521F,  1.484F,
                1.971F,  1.051F,  0.3672F, 1.158F,  1.004F,  0.526F,  0.9183F, 0.8402F, 0.4897F, 0.8286F, 0.6906F,
                0.5323F, 0.8816F, 0.7209F, 3.084F,  3.42F,   2.836F,  1.269F,  0.5773F, 0.2308F, 2.594F,  3.509F,
                2.286F,  1.627F,  0.5224F, 0.2021F, 2.372F,  1.964F,  1.378F,  0.6157F, 0.4602F, 0.1235F, 0.6565F,
                0.6286F, 0.4051F, 0.3115F, 0.2392F, 0.2013F, 0.2744F, 0.3456F, 0.3593F, 0.3357F, 0.3413F, 0.2522F,
                0.1823F, 0.1856F, 0.1868F, 0.2551F, 0.2607F, 0.2018F, 0.6596F, 1.025F,  1.272F,  1.662F,  1.311F,
                1.399F,  0.9301F, 1.866F,  2.574F,  1.794F,  2.875F,  3.169F,  1.285F,  1.923F,  2.961F,  3.384F,
                3.963F,  3.146F,  0.8649F, 2.218F,  5.262F,  5.428F,  7.063F,  6.553F,  1.962F,  2.315F,  4.058F,
                4.795F,  5.777F,  6.687F,  1.233F,  3.5F,    4.475F,  4.519F,  5.13F,   3.882F,  2.694F,  2.354F,
                2.637F,  2.391F,  2.136F,  1.244F,  4.013F,  3.384F,  3.307F,  2.74F,   2.905F,  2.283F,  5.122F,
                5.395F,  5.609F,  4.12F,   3.763F,  1.367F,  4.378F,  3.25F,   3.985F,  4.678F,  4.449F,  1.599F,
                3.43F,   2.594F,  5.142F,  3.359F,  2.176F,  1.964F,  1.84F,   2.02F,   2.359F,  2.263F,  1.042F,
                0.9597F});
    out.cautions = {};
    return out;
}

}  // namespace armillary::test
