// SPDX-License-Identifier: Apache-2.0
#include <lvr/weights/llama_names.hpp>

namespace lvr::weights {

NameMap llama_names(std::int64_t query_rows, std::int64_t key_rows, bool tied) {
    using Action = NameRow::Action;
    const std::string block = "model.layers.{}.", target = "blocks.{}.";
    NameMap map = {
        {{"model.embed_tokens.weight"}, "embedding.weight"},
        {{block + "input_layernorm.weight"}, target + "norm1.weight"},
        {{block + "post_attention_layernorm.weight"}, target + "norm2.weight"},
        {{"model.norm.weight"}, "norm.weight"},
        {{block + "self_attn.rotary_emb.inv_freq"}, "", Action::drop},
        {{"model.rotary_emb.inv_freq"}, "", Action::drop},
    };
    for (const std::string end : {".weight", ".bias"}) {
        const std::string attention = block + "self_attn.", mlp = block + "mlp.";
        map.push_back({{attention + "q_proj" + end, attention + "k_proj" + end, attention + "v_proj" + end},
                       target + "attention.qkv" + end,
                       Action::concat,
                       0,
                       {query_rows, key_rows, key_rows}});
        map.push_back({{attention + "o_proj" + end}, target + "attention.out" + end});
        map.push_back(
            {{mlp + "gate_proj" + end, mlp + "up_proj" + end}, target + "mlp.up" + end, Action::concat});
        map.push_back({{mlp + "down_proj" + end}, target + "mlp.down" + end});
    }
    map.push_back(tied ? NameRow{{"lm_head.weight"}, "", Action::drop}
                       : NameRow{{"lm_head.weight"}, "head.weight"});
    return map;
}

}  // namespace lvr::weights
