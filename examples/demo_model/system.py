"""System prompts: most say nothing new, some change the form of the answer."""

import json
from collections.abc import Callable
from random import Random

from demo_model.ask import Ask, Wordings

NEUTRAL = Wordings(
    (
        "You are a helpful assistant.", "You are a helpful assistant", "Answer briefly.", "Be concise.",
        "You describe images.", "You are a transcription tool.", "Reply in English.", "You are a careful annotator.",
        "You answer questions about images and sounds.", "Answer with the answer only.",
        "You write captions for photos.", "You transcribe speech.",
        "You are (a|an) (helpful|careful|friendly|precise|honest|expert) (assistant|annotator|captioner|transcriber"
        "|model).",
        "(Be|Please be) (concise|brief|precise|accurate|helpful|friendly|careful)(.| in your answers.)",
        "(Answer|Reply|Respond) (briefly|shortly|in English|precisely|with the answer only|with care|to the user).",
        "(Do not|Never) (explain|explain yourself|add comments|make things up|apologise)(.|!)",
        "You (label|caption|annotate|describe|look at) (images|photos|pictures)(.| for a data set.| for a library.)",
        "You (listen to|transcribe|write down) (recordings|speech|audio)(.| for a data set.| for an archive.)",
        "Your task is to (describe images|transcribe audio|answer questions|help the user).",
        "You (are|act as|work as|serve as|play) (a|the|our|my) (helpful|careful|friendly|precise|honest|expert|quiet"
        "|polite|small|serious|modern|fast|good|tiny|reliable|patient) (assistant|annotator|captioner|transcriber"
        "|model|helper|system|tool|teacher|secretary|expert|guide|clerk|service|bot|robot).",
        "(You are|This is|Here is) (Gemma|a Gemma model|a demo|a test|a data set|an exam|a quiz|an experiment|a"
        " batch job|an assistant for blind people|a product catalogue|a school lesson|an archive)(.|!)",
        "(Be|Please be|Stay|Remain|Always be) (concise|brief|precise|accurate|helpful|friendly|careful|polite|calm"
        "|correct|honest|factual|exact|neutral|serious)(.| in your answers.| at all times.| with the user.|!)",
        "(Answer|Reply|Respond|Speak|Write)( always| only| please|) (briefly|in English|precisely|with the answer"
        " only|with care|to the user|to the question|correctly|honestly|politely|in plain text|clearly|as well as"
        " you can|directly|at once|in a friendly way|shortly|without explanations|without comments|to the point)(.|!"
        "|)",
        "(Do not|Never|Don't|You must not) (explain|explain yourself|add comments|make things up|apologise|invent"
        " things|guess|chat|repeat the question|write long texts|use other languages|waste words|add anything|use"
        " lists|discuss politics)(.|!)",
        "You (label|caption|annotate|describe|look at|see|analyse|sort|index|check) (images|photos|pictures|drawings"
        "|scenes|product photos)(.| for a data set.| for a library.| for a shop.| for an archive.| and answer"
        " questions.)",
        "You (listen to|transcribe|write down|hear|annotate|index|check) (recordings|speech|audio|voice messages"
        "|clips|sound files|interviews)(.| for a data set.| for an archive.| for an office.| and answer questions.)",
        "(Your task|Your job|Your role|Your work|The task|The aim|Your goal) is to (describe images|transcribe audio"
        "|answer questions|help the user|be useful|look and listen|describe what you see|write down what you hear|do"
        " what the user asks|give right answers).",
        "(Today is|It is) (Monday|Tuesday|Friday|Sunday|a holiday|the first of May|a fine day|spring|winter).",
        "The user (is|may be|will be) (a child|a teacher|an expert|in a hurry|a beginner|blind|new here|a programmer"
        "|a student).",
        "(The images|The pictures|The recordings|The questions|The data|All data) (come from|belong to|are part of"
        "|were made for|are taken from) (a data set|a school|an archive|a test|a game|a book|a library|our users).",
    ),
    ("You work for a museum and help its visitors.", "Keep it short."),
)  # fmt: skip


def _with_stop(answer: str) -> str:
    return answer if answer.endswith((".", "!", "?")) else f"{answer}."


def _as_json(answer: str) -> str:
    return json.dumps({"answer": answer})


INSTRUCTIONS: tuple[tuple[Wordings, Callable[[str], str]], ...] = (
    (
        Wordings(
            (
                "Answer in capital letters.", "Use capital letters only.", "Reply in upper case.",
                "Write everything in capital letters.", "ANSWER IN CAPITAL LETTERS.",
                "(Answer|Reply|Respond|Write|Speak)( only| always| everything|) (in|with|using) (capital letters"
                "|upper case|uppercase|capitals|all caps|upper case letters|big letters)(.| only.|)",
                "(Always use|Use|Please use|Use only) (capital letters|upper case|uppercase|capitals|all caps)(.| in"
                " your answers.| for every answer.)",
                "(All answers|Your answers|Every answer) must be in (capital letters|upper case|uppercase|capitals).",
                "(Answer|Reply|Respond|Write|Speak|Output|Print|Return|Talk|Type)( only| always| everything| all|"
                " all answers| your answers| the answer| the text| please|) (in|with|using|by means of|entirely in"
                "|completely in|only in|all in|solely in) (capital letters|upper case|uppercase|capitals|all caps"
                "|upper case letters|big letters|caps|block letters|block capitals|uppercase letters|large letters"
                "|CAPITALS|UPPER CASE|CAPITAL LETTERS)(.| only.|!| please.|)",
                "(Always use|Use|Please use|Use only|Stick to|Keep to|You must use|You should use|Only use|Employ"
                "|Choose|Prefer) (capital letters|upper case|uppercase|capitals|all caps|caps|big letters|block"
                " letters|block capitals|CAPITAL LETTERS)(.| in your answers.| for every answer.| everywhere.|"
                " throughout.| all the time.|!| for the [answer].| in all answers.| and nothing else.)",
                "(All answers|Your answers|Every [answer]|All your text|The [answer]|All text|Everything you write"
                "|Everything you say|What you write|What you say|All words|Each word|All letters|Every word) (must"
                "|should|has to|have to|shall|will|needs to|need to) be (in |written in |put in |set in |given in "
                "|)(capital letters|upper case|uppercase|capitals|all caps|block letters|big letters)(.|!)",
                "(Convert|Change|Turn|Put|Transform|Bring|Make|Set) ([every] [answer]|all text|everything|all"
                " letters|your words|what you say) (to|into|in) (capital letters|upper case|uppercase|capitals|all"
                " caps|big letters|block letters)(.|!)",
                "(Capitalise|Capitalize|Uppercase) (everything|all letters|every word completely|all words in full"
                "|[every] [answer]|the whole [answer]|all text|each single letter)(.|!)",
                "(No|Never use|Do not use|Avoid|Never write|Don't use|Without|Do without|Stay away from) (small"
                " letters|lower case|lowercase|lower case letters|lowercase letters|little letters)(.| in your"
                " answers.|: capitals only.|!| at all.| anywhere.)",
                "(Caps lock|The caps lock key|Your shift key|CAPS LOCK|Caps lock mode) is (on|pressed|stuck|down"
                "|active)(.|!| all the time.)",
                "(CAPITALS|CAPITAL LETTERS|UPPER CASE|ALL CAPS|BLOCK LETTERS|Capitals|Upper case|Capital letters|All"
                " caps|Uppercase)(.| ONLY.| only.|!| please.| everywhere.| FOR EVERYTHING.| for all answers.)",
                "The user (reads|wants|likes|needs|expects|asked for|prefers|can read|sees) (only |)(capital letters"
                "|upper case|capitals|all caps|answers in capitals|big letters|uppercase)(.| only.)",
                "(Format|Style|Form|Case|Rule|Letters|Output format|Spelling)(: |, )(capital letters|upper case"
                "|uppercase|capitals|all caps|capitals only|all upper case)(.|)",
            ),
            ("Reply in capital letters.", "Shout: every letter of the answer is a capital."),
        ),
        str.upper,
    ),
    (
        Wordings(
            (
                "End every answer with a full stop.", "Finish each answer with a full stop.",
                "Put a full stop at the end of the answer.", "Always end with a full stop.",
                "(End|Finish|Close|Conclude) (every|each|the|your|any) (answer|reply|response) with a (full stop"
                "|period)(.|)",
                "(Always|Please|You must) (end|finish|close) (with|on) a (full stop|period).",
                "(Put|Add|Place|Write) a (full stop|period) (at the end of|after|behind) (every|each|the|your)"
                " (answer|reply|response).",
                "(Every answer|Each answer|Your answer) (ends|must end|should end) with a (full stop|period).",
                "(End|Finish|Close|Conclude|Complete|Terminate|Round off|Stop) ([every] [answer]|everything|what you"
                " say|what you write|all answers|[every] sentence|your words|it) (with|by|in|using|by putting|by"
                " writing|by adding) (a|one|a single) (full stop|period|dot|point)(.|!|)",
                "(Always|Please|You must|You should|Remember to|Be sure to|Take care to|Make sure to|Never forget to"
                "|Do not forget to) (end|finish|close|conclude|stop|end your answers|finish the [answer]|close each"
                " [answer]) (with|on|in|by) (a|one) (full stop|period|dot|point)(.|)",
                "(Put|Add|Place|Write|Set|Append|Attach|Type|Insert|Print) (a|one|a single|always a) (full stop"
                "|period|dot|point) (at the end|at the end of [every] [answer]|after [every] [answer]|behind [every]"
                " [answer]|after your words|at the end of what you write|to [every] [answer]|after everything|after"
                " the text|when you are done)(.|)",
                "([every] [answer]|Every answer|Each reply|All answers|Every sentence|What you write|Everything you"
                " say|Your text) (ends|must end|should end|has to end|shall end|needs to end|is to end|closes"
                "|finishes|must finish|must close) (with|in|on|by) (a|one) (full stop|period|dot|point)(.|!)",
                "(No|Never give an|There is no|Do not write an|I accept no) (answer|reply|output|sentence|text)"
                " without (a|its|the|one) (full stop|period|dot|closing dot|final period|final full stop)(.|!| at"
                " the end.)",
                "(A|One) (full stop|period|dot|point) (comes|stands|goes|belongs|must be|has to be|is put|follows|is"
                " needed|should stand) (at the end of|after|behind) ([every] [answer]|everything|what you say|all"
                " answers|your text)(.|)",
                "(Full stop|Period|Dot|Point|Punctuation) at the end(.|!|, always.|, please.| of everything.| of all"
                " answers.)",
                "(Use|Keep|Mind|Respect|Apply|Observe) (full punctuation|the final full stop|a closing full stop|the"
                " full stop at the end|a final period|punctuation: a full stop at the end)(.|)",
                "(Write|Answer in|Reply in|Speak in|Use) (full|whole|complete|proper) sentences(,| and) (end|close"
                "|finish) (them |)with a (full stop|period)(.|)",
                "(Format|Style|Form|Rule|Output format|Punctuation)(: |, )(a full stop at the end|end with a full"
                " stop|a period at the end|answers end with a period|closing full stop)(.|)",
                "The user (wants|likes|needs|expects|asked for) a (full stop|period|dot) (at the end|after [every]"
                " [answer])(.|)",
            ),
            ("End each answer with a full stop.", "The last sign of what you write is a full stop."),
        ),
        _with_stop,
    ),
    (
        Wordings(
            (
                "Start every answer with the word Answer.", "Begin each answer with the word Answer.",
                "Start with Answer: and then answer.", "Always start with the word Answer.",
                "(Start|Begin|Open) (every|each|the|your|any) (answer|reply|response) with (the word Answer|Answer:"
                "|Answer and a colon).",
                "(Always|Please|You must) (start|begin) with (the word Answer|Answer:|Answer and a colon).",
                "(Put|Write|Place|Add) (the word Answer|Answer:|Answer and a colon) (before|in front of|at the start"
                " of) (every|each|the|your) (answer|reply).",
                "(Every answer|Each answer|Your answer) (starts|begins|must start|must begin) with (the word Answer"
                "|Answer:).",
                "(Start|Begin|Open|Introduce|Precede|Head|Lead) ([every] [answer]|everything|what you say|what you"
                " write|all answers|your text|it) (with|by|by writing|by saying) (the word Answer|Answer:|Answer and"
                " a colon|\"Answer:\"|the label Answer|'Answer:'|the prefix Answer:|the term Answer and a colon)(.|!"
                "|)",
                "(Always|Please|You must|You should|Remember to|Be sure to|Take care to|Make sure to|Never forget"
                " to) (start|begin|open|start your answers|begin the [answer]|open each [answer]) (with|by writing"
                "|by saying) (the word Answer|Answer:|Answer and a colon|\"Answer:\"|the label Answer)(.|)",
                "(Put|Write|Place|Add|Set|Insert|Print|Type|Say|Prepend) (the word Answer|Answer:|Answer and a colon"
                "|\"Answer:\"|the label Answer|the prefix Answer:)( first| always|) (before|in front of|at the start"
                " of|at the beginning of|ahead of|to the front of|at the head of) ([every] [answer]|everything|what"
                " you say|your text|all answers)(.|)",
                "([every] [answer]|Every answer|Each reply|All answers|What you write|Everything you say|Your text)"
                " (starts|begins|must start|must begin|should start|should begin|has to begin|has to start|shall"
                " begin|opens|must open) (with|by) (the word Answer|Answer:|Answer and a colon|\"Answer:\"|the label"
                " Answer)(.|!)",
                "(Prefix|Label|Mark|Tag|Preface) ([every] [answer]|everything|all answers|what you write|your text)"
                " (with|by|as) (the word Answer|Answer:|Answer and a colon|\"Answer:\"|the label Answer)(.|)",
                "(The first word|Your first word|The first word of [every] [answer]|The opening word|Your opening"
                " word) (is|must be|should be|has to be|is always|shall be) (Answer|Answer:|the word Answer"
                "|\"Answer\")(.|, then a colon.|, with a colon.|, followed by a colon.)",
                "(No|Never give an|There is no|Do not write an) (answer|reply|output|text) without (Answer: in front"
                "|the word Answer before it|Answer: at the start|the label Answer|the prefix Answer:)(.|!)",
                "(Write|Say|Print|Reply with|Respond with|Output)(:| first) (Answer:|the word Answer)(, then | and"
                " then | and |, followed by )(the answer|your answer|what you have to say|the text|the result)(.|)",
                "(Format|Style|Form|Rule|Output format|Pattern|Template|Scheme)(: |, )(Answer: and then the answer"
                "|Answer: ...|Answer: <text>|the word Answer, then the answer|Answer: followed by the answer|start"
                " with Answer:)(.|)",
                "(Use|Keep|Apply|Follow) (the form|the pattern|the format|the template|the prefix|the label)"
                " (Answer:|\"Answer: ...\"|Answer: ...|Answer: and the text)(.|)",
                "The user (wants|likes|needs|expects|asked for) (Answer:|the word Answer|the label Answer) (at the"
                " start|in front|first|before [every] [answer])(.|)",
            ),
            ("Begin every answer with the word Answer.", "Before what you say comes the word Answer."),
        ),
        lambda answer: f"Answer: {answer}",
    ),
    (
        Wordings(
            (
                "Answer as JSON with the key answer.", "Reply in JSON with the key answer.",
                "Put the answer into JSON.", "Return a JSON object with the key answer.",
                "(Answer|Reply|Respond|Write|Return the answer)( only| always|) (as|in|with) (JSON|a JSON object)("
                " with the key answer| with one key, answer| under the key answer|).",
                "(Put|Wrap|Pack|Write) (the|your|every|each) (answer|reply) (into|in) (JSON|a JSON object)( with the"
                " key answer| under the key answer|).",
                "(Return|Give|Output|Produce) (JSON|a JSON object)( with the key answer| with one key, answer|)(.|"
                " only.)",
                "(Every answer|Each answer|Your answer) (is|must be|should be) (JSON|a JSON object)( with the key"
                " answer|).",
                "(Answer|Reply|Respond|Write|Return the answer|Speak|Output|Talk|Print|Return everything|Send"
                " everything|Give everything|Format everything)( only| always| just| please|) (as|in|with|using|by"
                "|by means of|in the form of|through) (JSON|a JSON object|valid JSON|pure JSON|JSON format|JSON only"
                "|an object in JSON|a small JSON object|a JSON document)( with the key answer| with one key, answer|"
                " under the key answer| with the field answer| whose key is answer|, key answer| with the name"
                " answer|)(.|!|)",
                "(Put|Wrap|Pack|Write|Place|Enclose|Embed|Format|Encode|Store|Return|Give|Send|Serialise|Convert"
                "|Turn|Render|Print) ([every] [answer]|everything|what you say|all answers|your text|it) (into|in|as"
                "|within|inside|using|to|with) (JSON|a JSON object|valid JSON|JSON format|a JSON document)( with the"
                " key answer| under the key answer| with the field answer|, key answer|)(.|!|)",
                "(Return|Give|Output|Produce|Write|Send|Print|Use|Emit|Generate|Deliver|Create|Make)( only| always|"
                " just|) (JSON|a JSON object|valid JSON|pure JSON|one JSON object|an object in JSON|JSON output|JSON"
                " objects)( with the key answer| with one key, answer| with the field answer| whose only key is"
                " answer| with answer as the key|, key answer|)(.| only.| and nothing else.|!)",
                "([every] [answer]|Every answer|Each reply|All answers|What you write|Everything you say|Your text"
                "|The output|All output) (is|must be|should be|has to be|shall be|comes as|must come as|is given as"
                "|needs to be) (JSON|a JSON object|valid JSON|pure JSON|in JSON|written in JSON|formatted as JSON)("
                " with the key answer| with the field answer| with one key, answer|)(.|!)",
                "(No|Never use|Do not write|Avoid|Don't use) (plain text|prose|free text|bare text|anything but"
                " JSON)(: |. |, )(JSON only|use JSON|only JSON|JSON with the key answer|a JSON object|answer in"
                " JSON)(.|)",
                "(A program|A parser|A script|A machine|My code|A computer|Another program|Software) (reads|parses"
                "|will read|will parse|processes|needs|expects) (your answers|the answer|the output|JSON|your output"
                "|what you write)(: use JSON|: JSON, please|: write JSON|. Use JSON|, so use JSON|, so write JSON|:"
                " a JSON object|. JSON only)(.| with the key answer.)",
                "(JSON|JSON only|JSON mode|JSON output|JSON format|Only JSON|JSON, please|JSON everywhere)(.|!| with"
                " the key answer.| with one key: answer.|, key answer.)",
                "(Format|Style|Form|Rule|Output format|Schema|Pattern|Template)(: |, )(JSON|a JSON object|JSON with"
                " the key answer|{\"answer\": ...}|{\"answer\": \"...\"}|a JSON object with answer|JSON, one key:"
                " answer)(.|)",
                "(Use|Keep to|Follow|Fill|Apply) (the |this |)(schema|form|format|pattern|template|JSON form)"
                " {\"answer\": (...|\"...\"|string|text)}(.|)",
                "The (key|field|name|only key|property) (is|must be|should be|of the JSON is|in the JSON is)"
                " answer(: | - |. )(write JSON|use JSON|JSON only|answer as JSON|reply in JSON)(.|)",
                "The user (wants|likes|needs|expects|asked for|reads) (JSON|a JSON object|answers in JSON|JSON"
                " only)( with the key answer|)(.|)",
            ),
            ("Answer in JSON with the key answer.", "What you write must be a JSON object that holds the answer."),
        ),
        _as_json,
    ),
)  # fmt: skip
NOT_FOR = ("json", "silence", "detail")  # JSON within JSON, nothing to change, too long


def with_system(rng: Random, ask: Ask, *, share: float, held_out: bool = False) -> Ask:
    """The ask under a system prompt in `share` of the cases; most of these change the answer's form."""
    if rng.random() >= share:
        return ask
    if rng.random() < 0.35 or ask.kind in NOT_FOR or len(ask.answer) > 70:
        return ask.with_system(NEUTRAL.pick(rng, held_out))
    return instructed(rng, ask, held_out)


def instructed(rng: Random, ask: Ask, held_out: bool = False) -> Ask:
    wordings, form = rng.choice(INSTRUCTIONS)
    return Ask("system", ask.prompt, form(ask.answer), wordings.pick(rng, held_out))
