// The words of the page with one's own keys.

export const en = {
  "ownKeys.title": "API keys",
  "ownKeys.text": "For programs that work for your account. What a key costs, the account pays.",
  "ownKeys.mayNot": "You are signed in with an API key, and a key makes and revokes no others. Sign in as yourself, or ask whoever runs this service.",
  "ownKeys.none": "There is no key yet.",
  "ownKeys.nameHint": "What it is for, so that you know later which one to revoke.",
  "ownKeys.mode": "Mode",
  "ownKeys.inDays": "in {n} days",
  "ownKeys.never": "never",
  "ownKeys.revoke": "Revoke {name}",
};

export const ko = {
  "ownKeys.title": "API 키",
  "ownKeys.text": "이 계정으로 일하는 프로그램에 씁니다. 키로 쓴 비용은 계정에서 나갑니다.",
  "ownKeys.mayNot": "API 키로 로그인했습니다. 키로는 다른 키를 만들거나 폐기할 수 없습니다. 본인 계정으로 로그인하거나 서비스 운영자에게 문의하세요.",
  "ownKeys.none": "아직 키가 없습니다.",
  "ownKeys.nameHint": "어디에 쓰는 키인지 적어 두면 나중에 폐기할 때 알아보기 쉽습니다.",
  "ownKeys.mode": "모드",
  "ownKeys.inDays": "{n}일 뒤",
  "ownKeys.never": "만료 없음",
  "ownKeys.revoke": "{name} 폐기",
};
