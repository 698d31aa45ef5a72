#!/bin/sh
# Makes the files that cases.txt names by $TMP. Usage: TMP=folder GANGLION=binary ./make_fixtures.sh
set -e
cd "$TMP"
printf '{"text":"a","label":"x"}\n{"text":"b"}\n{"text":"c","label":"y"}\n{"label":"y"}\n' > missing.jsonl
printf '{"text":"a","label":"x"}\n{"text":"b\377","label":"y"}\n' > badutf.jsonl
printf 'text,label\na,x\nb\377,y\n' > badutf.csv
printf '{"text":"a","label":"x"}\n{"text":"b","label":"x"}\n' > one.jsonl
printf '{"text":"a","label":"x"}\nhello\n' > notjson.jsonl
printf '{"text":1,"label":"x"}\n[1]\n{"text":"","label":"x"}\n' > types.jsonl
: > empty.jsonl
printf 'a,x\nb,y\n' > nohead.csv
printf 'text,label\n"a,x\n' > quote.csv
printf 'text,label\na,x,z\n' > cols.csv
printf '{"text":"refund please"}\n{"text":"where is it"}\n' > in.jsonl
printf '{"text":"abc","spans":[{"start":2,"end":9,"type":"name"}]}\n' > tagbad.jsonl
printf 'a\tB-x\nb\n\n' > tagbad.conll
printf 'a\tB-x\nb\377\tO\n\n' > badutf.conll
printf '{"type":"object","properties":{"a":{"type":"strin"}}}' > type.json
printf '{"type":"object","properties":{"a":{"type":"string","format":"emial"}}}' > format.json
printf '{"type":"object",' > cut.json
printf 'abc' > key_short.txt
printf '%064d' 0 > key.txt
printf '%064d' 1 > key2.txt
printf 'a\377 b\n' > bad.txt
printf 'GGUX' > magic.gguf
printf '\000\000\000\000\000\000\200\077' > two.f32
: > empty.gguf
mkdir -p empty_folder bad_articles hf_unknown
printf '{"model_type":"mamba"}' > hf_unknown/config.json
printf '{"x":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}  abcd' > hf_unknown/rest
{ printf '\070\0\0\0\0\0\0\0'; cat hf_unknown/rest; } > hf_unknown/model.safetensors
printf 'bad \377 text' > bad_articles/a.md
printf 'requird_phrases: [a]\n' > policy.yaml
printf 'version: 1\nlimts: {}\n' > mesh_key.yaml
printf 'version: 9\n' > mesh_version.yaml
: > mesh_empty.yaml
printf 'a: [1\n' > mesh_cut.yaml
i=0
while [ $i -lt 20 ]; do
  printf '{"text":"refund my order %d","label":"refund"}\n{"text":"where is my parcel %d","label":"track"}\n' $i $i
  i=$((i + 1))
done > good.jsonl
printf 'my\tO\nname\tO\nis\tO\nAnna\tB-name\n\nmy\tO\nname\tO\nis\tO\nBob\tB-name\n\n' > good.conll
"$GANGLION" train classifier --data good.jsonl --out m.gguf --quiet > /dev/null
"$GANGLION" train tagger --data good.conll --out t.gguf --min-feature-count 1 --quiet > /dev/null
"$GANGLION" redact --text 'a@example.com' --map m.map --map-key-file key.txt > /dev/null
printf '{{ m.role }}: {{ m.text }} {{ true }}\n' > t.jinja
printf 'a\n{%% fi %%}\n' > bad.jinja
printf '{"m": {"role": "user", "text": "hi <|x|>"}}\n' > c.json
printf '{"model":{"type":"BPE","merges":["a b"],"vocab":{"a":0,"b":1,"ab":2}},' > tokenizer.json
printf '"pre_tokenizer":{"type":"ByteLevel","add_prefix_space":false}}' >> tokenizer.json
printf 'YQ== 0\nYg== 1\nYWI= 2\n' > ranks.tiktoken
# The pieces <unk>, <s>, </s>, a, _a, _ and <0x0A> of a SentencePiece BPE model.
printf '\012\016\012\005<unk>\025\000\000\000\000\030\002\012\014\012\003<s>\025' > tokenizer.model
printf '\000\000\000\000\030\003\012\015\012\004</s>\025\000\000\000\000\030\003\012\012\012' >> tokenizer.model
printf '\001a\025\000\000\200\277\030\001\012\015\012\004\342\226\201a\025\000\000\000\300\030\001' >> tokenizer.model
printf '\012\014\012\003\342\226\201\025\000\000\100\300\030\001\012\017\012\006<0x0A>' >> tokenizer.model
printf '\025\000\000\000\000\030\006\022\005\030\002\230\002\001\032\002\040\000' >> tokenizer.model
printf '[{"type":"function","function":{"name":"clock"}}]' > tools.json
